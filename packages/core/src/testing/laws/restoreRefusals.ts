/**
 * The laws of restores that are refused: one that would replace what is newer, one without all of its entries, and
 * one whose precondition does not hold change nothing.
 * What a restored record is like is in `restore.ts`, what happens beside other writers in `restoreRaces.ts`.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { Io, OutcomeUnknown } from "../../errors/reasons.ts"
import { StorageError } from "../../errors/StorageError.ts"
import { makeKey } from "../../model/SessionKey.ts"
import type { StoredEntry } from "../../model/StoredRecord.ts"
import { Version } from "../../model/Version.ts"
import { equal, refused } from "../claims.ts"
import { append, put, remove, restore } from "../operations.ts"
import { type Held, heldAt, sample, sampleOf } from "../records.ts"
import { type Client, family, leavesUnchanged } from "../Trial.ts"

const key = makeKey("session", ["account"])
const other = makeKey("other", ["account"])

const refuses = Effect.fnUntraced(function*(client: Client, held: Held, claim: string) {
  const call = leavesUnchanged(client, [key], client.commit(restore(key, held)))
  return yield* refused(call, "Conflict", claim)
})

const sourceError = new StorageError({
  adapter: "source",
  operation: "entries",
  reason: new Io({ path: "source", code: "EIO", outcome: "notApplied" })
})

const unsureError = new StorageError({
  adapter: "source",
  operation: "commit",
  reason: new OutcomeUnknown({ outcome: "unknown", why: "the source is not sure of something" })
})

/** Lists that do not fit the record of `sample`, which counts three entries. */
const unfitting: ReadonlyArray<readonly [what: string, edit: (held: Held) => ReadonlyArray<StoredEntry>]> = [
  ["none", () => []],
  ["one too few", ({ entries }) => entries.slice(0, -1)],
  ["one too many", ({ entries }) => [...entries, { ...entries[2]!, index: 3 }]],
  [
    "one missing in between",
    ({ entries }) => [entries[0]!, { ...entries[1]!, index: 2 }, { ...entries[2]!, index: 3 }]
  ],
  ["two in another order", ({ entries }) => [entries[1]!, entries[0]!, entries[2]!]],
  ["one newer than the record", ({ entries, record }) => [
    ...entries.slice(0, -1),
    { ...entries[2]!, version: Version(record.head.version + 1) }
  ]]
]

export const restoreRefusalLaws = family("restore", [
  {
    id: "restore.needsHigherVersion",
    title: "a restore whose version is not above what the key has, or had when it was removed, is refused",
    run: function*(trial) {
      const client = yield* trial.open
      yield* client.commit(put(key, 1), append(key, ["a", "b"]))
      const { version } = yield* client.commit(put(key, 2))
      for (const below of [0, 1, 2, version - 5]) {
        const conflict = yield* refuses(client, sample(key, version - below), `restoring what is ${below} versions old`)
        yield* equal(conflict.actual, Option.some(version), "the version that was found")
      }
      const removed = yield* client.commit(remove(key))
      for (const below of [0, 1, removed.version - 5]) {
        const held = sample(key, removed.version - below)
        const conflict = yield* refuses(client, held, `restoring what is ${below} versions older than its removal`)
        yield* equal(conflict.actual, Option.none(), "the version that was found")
      }
      yield* trial.visit((later) => refuses(later, sample(key, removed.version), "restoring it after a reopening"))
      yield* client.commit(restore(key, sample(key, removed.version + 1)))
      yield* equal(yield* heldAt(client, key), sample(key, removed.version + 1), "the record above the removal")
    }
  },
  {
    id: "restore.judgesExpect",
    title: "a restore whose precondition does not hold is refused, one whose precondition holds is taken",
    run: function*(trial) {
      const client = yield* trial.open
      const attempt = (version: number, expect: "absent" | "present" | Version) =>
        client.commit(restore(key, sample(key, version), { expect }))
      for (const expect of ["present", Version(7)] as const) {
        yield* refused(leavesUnchanged(client, [key], attempt(7, expect)), "Conflict", `expecting ${expect} of nothing`)
      }
      yield* attempt(7, "absent")
      for (const expect of ["absent", Version(6), Version(8)] as const) {
        const call = leavesUnchanged(client, [key], attempt(8, expect))
        const conflict = yield* refused(call, "Conflict", `expecting ${expect} of version 7`)
        yield* equal([conflict.expected, conflict.actual], [expect, Option.some(Version(7))], "what the conflict tells")
      }
      yield* attempt(8, "present")
      yield* attempt(10, Version(8))
      yield* equal(yield* heldAt(client, key), sample(key, 10), "the record that was restored last")
    }
  },
  {
    id: "restore.failsWithSource",
    title: "a restore whose entries cannot be read fails with that error, and nothing is changed",
    run: function*(trial) {
      const client = yield* trial.open
      const held = sample(key, 7)
      const attempt = (to: typeof key, error: StorageError) => {
        const entries = Stream.concat(Stream.fromIterable(held.entries), Stream.fail(error))
        return leavesUnchanged(client, [key, other], client.commit(restore(to, held, { entries })))
      }
      yield* client.commit(put(key, 1), append(key, ["a"]))
      yield* client.commit(restore(key, sampleOf(key, (yield* client.read(key)).head.version + 20, 2)))
      for (const to of [key, other]) {
        const error = yield* Effect.flip(attempt(to, sourceError))
        yield* equal(
          [error._tag, error.message],
          [sourceError._tag, sourceError.message],
          "what the restore fails with"
        )
        yield* refused(attempt(to, unsureError), "OutcomeUnknown", "a source that is not sure of something")
      }
      yield* client.commit(restore(other, held))
      yield* equal(yield* heldAt(client, other), { ...sample(other, 7) }, "the record when its entries can be read")
    }
  },
  {
    id: "restore.countsEntries",
    title: "a restore with other entries than the record counts is refused and changes nothing",
    run: function*(trial) {
      const client = yield* trial.open
      yield* client.commit(put(other, 1), append(other, ["a"]))
      const { version } = (yield* client.read(other)).head
      for (const [what, edit] of unfitting) {
        for (const held of [sample(key, 7), sample(other, version + 10)]) {
          const to = held.record.head.key
          const call = client.commit(restore(to, { ...held, entries: edit(held) }))
          const unchanged = leavesUnchanged(client, [key, other], call)
          yield* refused(unchanged, "Unsupported", `restoring three entries where the source gives ${what}`)
        }
      }
    }
  },
  {
    id: "restore.isAlone",
    title: "a restore and another operation on its key in one change are refused",
    run: function*(trial) {
      const client = yield* trial.open
      const { version } = yield* client.commit(put(key, 1, { kind: "draft" }), append(key, ["a"], { kind: "draft" }))
      const restoring = restore(key, sample(key, version + 10))
      const as = { kind: "draft", schemaVersion: 9 }
      for (const beside of [put(key, 2, as), append(key, ["b"], as), remove(key), restoring]) {
        for (const operations of [[restoring, beside], [beside, restoring]]) {
          const call = leavesUnchanged(client, [key], client.commit(...operations))
          yield* refused(call, "Unsupported", `a restore beside ${beside._tag}`)
        }
      }
    }
  }
])
