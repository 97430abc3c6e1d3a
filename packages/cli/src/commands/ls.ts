/**
 * `holdfast ls`: which sessions a store has, the newest first.
 *
 * What cannot be read is listed too, with its place and the reason: a listing never looks complete when it is not. It
 * only looks: the store's files are not written.
 */
import {
  keyText,
  type Listed,
  type ListOrder,
  type StorageAdapter,
  type StoredHead,
  type Unreadable
} from "@holdfast/core"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import { ExitCodes, exitCodes } from "../exitCode.ts"
import { headJson, parsed, unreadableJson } from "../output/encode.ts"
import type { ListEnd, LongList } from "../output/longList.ts"
import { Output } from "../output/Output.ts"
import { unreadableLines } from "../output/places.ts"
import { counted, moment, wrap } from "../output/text.ts"
import { givenStore, withOutput } from "../root.ts"
import { listRows } from "../stores/heads.ts"
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

/** What is told below the sessions. */
interface Told {
  readonly location: string
  readonly count: number
  readonly unreadable: ReadonlyArray<Unreadable>
  /** Whether there are more sessions than were asked for. */
  readonly hasMore: boolean
}

const isWanted = (where: ReadonlyArray<Condition>) => ({ summary }: StoredHead): boolean => {
  if (where.length === 0) return true
  const fields = parsed(summary)
  return where.every((holds) => holds(fields))
}

/**
 * The rows of a listing: no more than are shown, and one to know whether there are more. All of them are read in pages,
 * but for those by the time of saving: a session that is saved meanwhile would be on a page that was read before.
 */
const rowsOf = (adapter: StorageAdapter["Service"], { kind, limit, namespace, order, where }: Wanted) => {
  const isAll = limit === 0 || where.length > 0
  return isAll && order !== "updatedAt"
    ? listRows(adapter, { namespace, kind, order })
    : adapter.list({ namespace, order, kind, limit: isAll ? undefined : limit + 1 })
}

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

const sessions: LongList<StoredHead> = {
  name: "sessions",
  json: headJson,
  columns,
  row: (head) => [keyText(head.key), moment(head.updatedAt), String(head.entryCount), summaryText(head.summary)]
}

const endOf = ({ count, hasMore, location, unreadable }: Told): ListEnd => ({
  json: () => ({ unreadable: unreadable.map(unreadableJson), complete: unreadable.length === 0, hasMore }),
  text: (paper) => [
    ...(count > 0 ? [""] : []),
    `${counted(count, "session")}${hasMore ? ", and there are more: use --limit" : ""}`,
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
})

// As many as widths of columns are made for at a time.
const pageSize = 1000

const listSessions = Effect.fnUntraced(function*(wanted: Wanted) {
  const output = yield* Output
  const adapter = yield* openStore(yield* givenStore, { _tag: "Look" })
  const shown = output.list(sessions)
  const shownMax = wanted.limit === 0 ? Infinity : wanted.limit
  const isShown = isWanted(wanted.where)
  const told = { location: adapter.location, count: 0, unreadable: [] as Array<Unreadable>, hasMore: false }
  const pick = (row: Listed): ReadonlyArray<StoredHead> => {
    if (row._tag === "Unreadable") told.unreadable.push(row)
    else if (!isShown(row)) return []
    else if (told.count === shownMax) told.hasMore = true
    else {
      told.count += 1
      return [row]
    }
    return []
  }
  yield* Stream.runForEach(Stream.grouped(rowsOf(adapter, wanted), pageSize), (page) => shown.add(page.flatMap(pick)))
  yield* shown.end(endOf(told))
  if (told.unreadable.length > 0) yield* output.endWith(exitCodes.attention)
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
      Flag.withDescription("How many sessions to show; 0 shows all, by id or createdAt in little memory"),
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
    withOutput(
      listSessions({ namespace: namespaceOf(namespace), order, limit, kind: Option.getOrUndefined(kind), where })
    )
).pipe(
  Command.withDescription("List the sessions of a store, the newest first."),
  Command.withExamples([
    { command: "holdfast ls --store ./sessions --limit 20", description: "The twenty sessions saved last" },
    { command: "holdfast ls --store ./sessions --where title~EXDEV --json", description: "As JSON, by their title" }
  ]),
  Command.annotate(ExitCodes, { 0: "listed", 1: "listed, and something could not be read" })
)
