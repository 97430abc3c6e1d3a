/**
 * A small store with every kind of row, and what must be true of it with one bit of its file flipped: what is read is
 * what was written, or it is said that it cannot be read.
 */
import { assert } from "@effect/vitest"
import {
  isWithin,
  keyText,
  type ListQuery,
  makeKey,
  sameStoreRecord,
  type SessionKey,
  StorageError,
  type StoreRecord
} from "@holdfast/core"
import { append, json, put, remove } from "@holdfast/core/testing"
import { Cause, Effect, Exit, Option, Result, Stream } from "effect"
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { type Adapter, open } from "./stores.ts"
import { changeOf, place, visit } from "./verbs.ts"

interface Known {
  readonly key: SessionKey
  readonly body: string
  readonly entries: ReadonlyArray<string>
}

const known: ReadonlyArray<Known> = ["a", "b", "c", "d", "e", "f"].map((id, index) => ({
  key: makeKey(`session-${id}`, index % 2 === 0 ? ["account"] : []),
  body: json({ id, text: `${id}${index}`.repeat(index === 3 ? 3000 : 40) }),
  entries: Array.from({ length: index }, (_, entry) => json(`${id}/${entry}`))
}))

const removed = makeKey("session-removed")

const record: StoreRecord = { switchId: "switch", epoch: 7, state: "current" }

/** The bytes of the store, closed. */
export const smallStore = Effect.gen(function*() {
  const { filename } = yield* place
  yield* visit({ filename }, (adapter) =>
    Effect.gen(function*() {
      for (const { body, entries, key } of known) {
        const state = JSON.parse(body) as unknown
        const texts = entries.map((entry) => JSON.parse(entry) as unknown)
        yield* adapter.commit({ writeId: key.id, operations: [put(key, state), append(key, texts)] })
      }
      yield* adapter.commit(changeOf(put(removed, 1)))
      yield* adapter.commit(changeOf(remove(removed)))
      yield* adapter.role.compareAndSet(Option.none(), record)
    }))
  return readFileSync(filename)
})

/** The reason of an error, with its code where it is one that nobody knows. */
const nameOf = ({ reason }: StorageError): string =>
  reason._tag === "Unclassified" ? `Unclassified ${reason.code}` : reason._tag

const queries: ReadonlyArray<ListQuery> = (["updatedAt", "createdAt", "id"] as const).flatMap((order) =>
  [[], ["account"]].map((namespace) => ({ order, namespace }))
)

/**
 * Reads that answer a mistake, by what they said instead. A listing goes by an index that nothing checks: what it
 * misses is found by looking for damage.
 */
const mistakesOf = Effect.fnUntraced(function*(adapter: Adapter) {
  const mistakes: Array<string> = []
  const reasons: Array<string> = []
  let missing = false
  const answer = Effect.fnUntraced(function*<A>(
    call: Effect.Effect<A, StorageError>,
    what: string,
    judge: (answer: A) => boolean
  ) {
    const exit = yield* Effect.exit(call)
    const error = Exit.findErrorOption(exit)
    if (Option.isSome(error)) reasons.push(nameOf(error.value))
    else if (Exit.isFailure(exit)) mistakes.push(`${what} breaks: ${Cause.pretty(exit.cause).split("\n")[0]}`)
    else if (!judge(exit.value)) mistakes.push(what)
  })
  for (const { body, entries, key } of known) {
    yield* answer(
      adapter.load(key),
      `load ${key.id}`,
      Option.exists((session) =>
        session.body === body && session.writes.length === 1 && session.writes[0]?.id === key.id
      )
    )
    yield* answer(adapter.head(key), `head ${key.id}`, Option.exists(({ entryCount }) => entryCount === entries.length))
    yield* answer(
      Stream.runCollect(adapter.entries(key, {})),
      `entries ${key.id}`,
      (rows) =>
        rows.length === entries.length
        && rows.every((row, index) =>
          row._tag === "UnreadableEntry"
          || row.entry === entries[index] && row.writeId === (index === entries.length - 1 ? key.id : undefined)
        )
    )
  }
  yield* answer(adapter.load(removed), "load removed", Option.isNone)
  yield* answer(adapter.role.read, "role", (held) => sameStoreRecord(held, Option.some(record)))
  for (const query of queries) {
    const within = known.filter(({ key }) => isWithin(key.namespace, query.namespace)).map(({ key }) => keyText(key))
    const what = `list by ${query.order}`
    yield* answer(Stream.runCollect(adapter.list(query)), what, (rows) => {
      const heads = rows.flatMap((row) => row._tag === "StoredHead" ? [keyText(row.key)] : [])
      // A row that cannot be read may have lost its key with the rest.
      missing ||= rows.length < within.length
      return new Set(heads).size === heads.length && heads.every((name) => within.includes(name))
    })
  }
  if (missing) {
    yield* answer(
      Stream.runCollect(adapter.recover("inspect")),
      "no finding tells what is missing",
      (findings) => findings.some(({ kind }) => kind === "damaged")
    )
  }
  return { mistakes, reasons }
})

/** How damage is told. */
export const told: ReadonlyArray<string> = ["Corrupt", "open Corrupt", "open NewerFormat"]

/** What a flipped bit does. */
export interface Outcome {
  readonly mistakes: ReadonlyArray<string>
  readonly reasons: ReadonlyArray<string>
}

/** Opens a copy of the store with one bit flipped. */
export const withFlip = Effect.fnUntraced(
  function*(bytes: Buffer, place: { readonly folder: string; readonly bit: number }) {
    const folder = join(place.folder, `${place.bit}`)
    const filename = join(folder, "sessions.db")
    mkdirSync(folder)
    const flipped = Buffer.from(bytes)
    flipped[place.bit >> 3]! ^= 1 << (place.bit & 7)
    writeFileSync(filename, flipped)
    const opened = yield* Effect.result(Effect.scoped(Effect.flatMap(open({ filename }), mistakesOf)))
    rmSync(folder, { recursive: true })
    if (Result.isSuccess(opened)) return opened.success
    assert.instanceOf(opened.failure, StorageError)
    return { mistakes: [], reasons: [`open ${nameOf(opened.failure)}`] } satisfies Outcome
  }
)

/** Flips the bits of a list, one at a time; gives how often each mistake and each reason was met. */
export const flipAll = Effect.fnUntraced(function*(bits: (bitCount: number, bytes: Buffer) => ReadonlyArray<number>) {
  const bytes = yield* smallStore
  const { folder } = yield* place
  const mistakes = new Map<string, Array<number>>()
  const reasons = new Set<string>()
  for (const bit of bits(bytes.length * 8, bytes)) {
    const outcome = yield* withFlip(bytes, { folder, bit })
    for (const mistake of outcome.mistakes) mistakes.set(mistake, [...(mistakes.get(mistake) ?? []), bit])
    outcome.reasons.forEach((reason) => reasons.add(reason))
  }
  return { mistakes: Object.fromEntries(mistakes), reasons: [...reasons].toSorted() }
})
