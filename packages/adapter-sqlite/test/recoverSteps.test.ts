/** Recoveries that a crash cut off, that somebody stands in the way of, and that find damage which only checksums tell. */
import { assert, describe, it } from "@effect/vitest"
import { makeKey } from "@holdfast/core"
import { append, put } from "@holdfast/core/testing"
import { Effect, Option, Result, Stream } from "effect"
import { copyFileSync, existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { basename } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { type Adapter, open } from "./stores.ts"
import { answerOf, changeOf, idsOf, listAll, place, save, stateOf, visit } from "./verbs.ts"

const recover = (adapter: Adapter, mode: "inspect" | "apply") => Stream.runCollect(adapter.recover(mode))

const kindsOf = (findings: Effect.Success<ReturnType<typeof recover>>) => findings.map(({ kind }) => kind)

/** A recovery that has written what it saved and its mark: what was damaged, what was saved, and where the former goes. */
const begun = Effect.gen(function*() {
  const { filename, folder } = yield* place
  const saved = yield* place
  yield* visit({ filename }, (adapter) => save(adapter, "damaged", 1))
  yield* visit({ filename: saved.filename }, (adapter) => save(adapter, "saved", 1))
  copyFileSync(saved.filename, `${filename}-salvaged`)
  writeFileSync(`${filename}-wal`, "the damaged one's log")
  const aside = `${filename}-damaged-0123`
  writeFileSync(`${filename}-recovery`, basename(aside))
  return { aside, filename, folder, damaged: readFileSync(filename) }
})

type Begun = Effect.Success<typeof begun>

const moveLog = ({ aside, filename }: Begun) => renameSync(`${filename}-wal`, `${aside}-wal`)
const moveDatabase = ({ aside, filename }: Begun) => renameSync(filename, aside)
const moveFresh = ({ filename }: Begun) => renameSync(`${filename}-salvaged`, filename)

const steps = [
  ["when it was marked", []],
  ["when the log had moved", [moveLog]],
  ["when the database had moved", [moveLog, moveDatabase]],
  ["when what was saved had its name", [moveLog, moveDatabase, moveFresh]]
] as const

describe("a recovery that a crash cut off", () => {
  for (const [name, done] of steps) {
    it.live(`${name} opens no store meanwhile, and the next one ends it`, () =>
      Effect.gen(function*() {
        const state = yield* begun
        const { aside, damaged, filename, folder } = state
        for (const step of done) step(state)
        const before = readdirSync(folder).length
        const adapter = yield* open({ filename, mustExist: true })
        assert.deepStrictEqual(yield* answerOf(idsOf(adapter)), "Corrupt")
        assert.deepStrictEqual(yield* answerOf(save(adapter, "a", 1)), "Corrupt")
        assert.deepStrictEqual(kindsOf(yield* recover(adapter, "inspect")), ["unfinishedRecovery"])
        assert.strictEqual(readdirSync(folder).length, before)
        assert.deepStrictEqual(kindsOf(yield* recover(adapter, "apply")), ["unfinishedRecovery"])
        assert.deepStrictEqual(yield* idsOf(adapter), ["saved"])
        assert.isTrue(readFileSync(aside).equals(damaged), "the damaged database is kept whole")
        assert.isTrue(existsSync(`${aside}-wal`), "and its log with it")
        assert.isFalse(existsSync(`${filename}-recovery`))
        yield* save(adapter, "next", 1)
        assert.deepStrictEqual(yield* recover(adapter, "apply"), [])
      }))
  }

  it.live("before its mark leaves the store as it is, and the next one clears what it left", () =>
    Effect.gen(function*() {
      const { filename } = yield* place
      yield* visit({ filename }, (adapter) => save(adapter, "a", 1))
      writeFileSync(`${filename}-salvaged`, "the beginning of a database")
      writeFileSync(`${filename}-recovery-draft`, "")
      const adapter = yield* open({ filename })
      assert.deepStrictEqual(yield* stateOf(adapter, "a"), Option.some(1))
      assert.deepStrictEqual(kindsOf(yield* recover(adapter, "apply")), ["leftover"])
      assert.isFalse(existsSync(`${filename}-salvaged`))
      assert.deepStrictEqual(yield* stateOf(adapter, "a"), Option.some(1))
    }))
})

/** A store with some sessions, of which a text was changed on the disk. */
const changedOnDisk = Effect.fnUntraced(function*(text: string, changed: string) {
  const { filename, folder } = yield* place
  yield* visit(
    { filename },
    (adapter) =>
      Effect.forEach(["a", "b", "c"], (id) =>
        adapter.commit(
          changeOf(put(makeKey(id), `body of ${id}`), append(makeKey(id), [`first of ${id}`, `second of ${id}`]))
        ))
  )
  const bytes = readFileSync(filename)
  bytes.write(changed, bytes.indexOf(text))
  writeFileSync(filename, bytes)
  return { filename, folder }
})

describe("a recovery of what no page tells to be damaged", () => {
  it.live("finds a body that is another one, and lists its session as lost", () =>
    Effect.gen(function*() {
      const { filename } = yield* changedOnDisk("body of b", "body of x")
      const adapter = yield* open({ filename })
      assert.strictEqual(yield* answerOf(stateOf(adapter, "b")), "Corrupt")
      assert.include(kindsOf(yield* recover(adapter, "inspect")), "damaged")
      assert.includeMembers(kindsOf(yield* recover(adapter, "apply")), ["damaged", "lostSession"])
      assert.deepStrictEqual(yield* idsOf(adapter), ["a", "c"])
      assert.lengthOf((yield* listAll(adapter)).filter(({ _tag }) => _tag === "Unreadable"), 1)
      assert.strictEqual(yield* answerOf(stateOf(adapter, "b")), "Corrupt")
      assert.deepStrictEqual(yield* recover(adapter, "apply"), [])
    }))

  it.live("finds an entry that is another one, and keeps the session with the others", () =>
    Effect.gen(function*() {
      const { filename } = yield* changedOnDisk("first of b", "first of x")
      const adapter = yield* open({ filename })
      assert.includeMembers(kindsOf(yield* recover(adapter, "apply")), ["damaged", "lostEntries"])
      assert.deepStrictEqual(yield* stateOf(adapter, "b"), Option.some("body of b"))
      const rows = yield* Stream.runCollect(adapter.entries(makeKey("b"), {}))
      assert.deepStrictEqual(rows.map((row) => row._tag === "StoredEntry" ? row.entry : row._tag), [
        "UnreadableEntry",
        JSON.stringify("second of b")
      ])
    }))

  it.live("is Busy while somebody else has the store open, and changes nothing then", () =>
    Effect.gen(function*() {
      const { filename, folder } = yield* changedOnDisk("body of b", "body of x")
      const adapter = yield* open({ filename })
      const other = new DatabaseSync(`${filename}-lock`)
      other.exec("BEGIN; SELECT count(*) FROM sqlite_schema")
      const refused = yield* Effect.result(recover(adapter, "apply"))
      assert.isTrue(Result.isFailure(refused) && refused.failure.reason._tag === "Busy")
      assert.deepStrictEqual(readdirSync(folder).filter((name) => /damaged|salvaged|recovery/.test(name)), [])
      yield* save(adapter, "d", 1)
      other.close()
      assert.include(kindsOf(yield* recover(adapter, "apply")), "lostSession")
      assert.deepStrictEqual(yield* idsOf(adapter), ["a", "c", "d"])
    }))
})
