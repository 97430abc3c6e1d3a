/**
 * `holdfast ls`: which sessions a store has, the newest first.
 *
 * What cannot be read is listed too, with its place and the reason: a listing never looks complete when it is not. It
 * only looks: the store's files are not written.
 */
import { keyText, type ListOrder, type StorageAdapter, type StoredHead, type Unreadable } from "@holdfast/core"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import { ExitCodes, exitCodes } from "../exitCode.ts"
import { headJson, parsed, unreadableJson } from "../output/encode.ts"
import { Output, type Shown } from "../output/Output.ts"
import { unreadableLines } from "../output/places.ts"
import { counted, moment, type Paper, table, wrap } from "../output/text.ts"
import { givenStore, withOutput } from "../root.ts"
import { namespaceOf } from "../stores/keys.ts"
import { openStore } from "../stores/open.ts"
import { type Condition, condition } from "../stores/where.ts"

const orders: ReadonlyArray<ListOrder> = ["updatedAt", "createdAt", "id"]

interface Wanted {
  readonly namespace: ReadonlyArray<string>
  readonly order: ListOrder
  /** 0 is all. */
  readonly limit: number
  readonly kind: string | undefined
  readonly where: ReadonlyArray<Condition>
}

interface Listing {
  readonly location: string
  readonly sessions: ReadonlyArray<StoredHead>
  readonly unreadable: ReadonlyArray<Unreadable>
  /** Whether there are more sessions than were asked for. */
  readonly hasMore: boolean
}

const isWanted = (where: ReadonlyArray<Condition>) => ({ summary }: StoredHead): boolean => {
  if (where.length === 0) return true
  const fields = parsed(summary)
  return where.every((holds) => holds(fields))
}

/** Reads no more heads than are shown, and one to know whether there are more. */
const listSessions = Effect.fnUntraced(function*(adapter: StorageAdapter["Service"], wanted: Wanted) {
  const { kind, limit, namespace, order, where } = wanted
  const shownMax = limit === 0 ? Infinity : limit
  const isAll = limit === 0 || where.length > 0
  const rows = adapter.list({ namespace, order, kind, limit: isAll ? undefined : limit + 1 })
  const isShown = isWanted(where)
  const [sessions, unreadable]: [Array<StoredHead>, Array<Unreadable>] = [[], []]
  let hasMore = false
  yield* Stream.runForEach(rows, (row) =>
    Effect.sync(() => {
      if (row._tag === "Unreadable") unreadable.push(row)
      else if (!isShown(row)) return
      else if (sessions.length < shownMax) sessions.push(row)
      else hasMore = true
    }))
  return { location: adapter.location, sessions, unreadable, hasMore } satisfies Listing
})

const columns = [{ title: "SESSION" }, { title: "UPDATED" }, { title: "ENTRIES", align: "right" }, {
  title: "SUMMARY"
}] as const

// What a line has room for beside a long id, on most screens.
const summaryMax = 60

/** A summary on one line: the values of its fields. */
const summaryText = (summary: string): string => {
  const value = parsed(summary)
  const values = Predicate.isObject(value) ? Object.values(value) : [value]
  const text = values.filter((each) => each !== null && each !== "").map(String).join(", ")
  return text.length > summaryMax ? `${text.slice(0, summaryMax - 1)}…` : text
}

const textOf = ({ hasMore, location, sessions, unreadable }: Listing) => (paper: Paper): ReadonlyArray<string> => [
  ...table(
    paper,
    columns,
    sessions.map((head) => [
      keyText(head.key),
      moment(head.updatedAt),
      String(head.entryCount),
      summaryText(head.summary)
    ])
  ),
  ...(sessions.length > 0 ? [""] : []),
  `${counted(sessions.length, "session")}${hasMore ? ", and there are more: use --limit" : ""}`,
  ...(unreadable.length === 0 ? [] : [
    "",
    ...unreadableLines(paper, location, unreadable),
    "",
    ...wrap(
      paper,
      "This listing is not complete. Run `holdfast recover` to see what can be brought back, and what cannot."
    )
  ])
]

const shown = (listing: Listing): Shown => ({
  json: () => ({
    sessions: listing.sessions.map(headJson),
    unreadable: listing.unreadable.map(unreadableJson),
    complete: listing.unreadable.length === 0,
    hasMore: listing.hasMore
  }),
  text: textOf(listing)
})

const list = Effect.fnUntraced(function*(wanted: Wanted) {
  const { endWith, show } = yield* Output
  const adapter = yield* openStore(yield* givenStore, { _tag: "Look" })
  const listing = yield* listSessions(adapter, wanted)
  yield* show(shown(listing))
  if (listing.unreadable.length > 0) yield* endWith(exitCodes.attention)
}, Effect.scoped)

export const ls = Command.make(
  "ls",
  {
    namespace: Flag.String("namespace").pipe(
      Flag.withAlias("n"),
      Flag.withDescription("Only sessions in this namespace and below it, such as account/org"),
      Flag.withDefault("")
    ),
    order: Flag.Literals("order", orders).pipe(
      Flag.withDescription("What to sort by; times list the newest first"),
      Flag.withDefault("updatedAt" as const)
    ),
    limit: Flag.Int("limit").pipe(
      Flag.filter((limit) => limit >= 0, () => "a limit is 0 (all) or more"),
      Flag.withDescription("How many sessions to show; 0 shows all"),
      Flag.withDefault(50)
    ),
    kind: Flag.String("kind").pipe(Flag.withDescription("Only sessions of this kind"), Flag.optional),
    where: Flag.String("where").pipe(
      Flag.mapEffect(condition),
      Flag.withDescription("Only sessions whose summary has this value: field=value, or field~part of a text"),
      Flag.atLeast(0)
    )
  },
  ({ kind, limit, namespace, order, where }) =>
    withOutput(list({ namespace: namespaceOf(namespace), order, limit, kind: Option.getOrUndefined(kind), where }))
).pipe(
  Command.withDescription("List the sessions of a store, the newest first."),
  Command.withExamples([
    { command: "holdfast ls --store ./sessions --limit 20", description: "The twenty sessions saved last" },
    { command: "holdfast ls --store ./sessions --where title~EXDEV --json", description: "As JSON, by their title" }
  ]),
  Command.annotate(ExitCodes, { 0: "listed", 1: "listed, and something could not be read" })
)
