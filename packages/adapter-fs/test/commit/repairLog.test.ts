/** Repairing logs: what was whole stays at its index, what is gone is a row, and what was doubtful is kept. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { type Target, targetOf } from "../../src/commit/Place.ts"
import { damageOfLog, repairLog } from "../../src/commit/repairLog.ts"
import {
  append,
  commit,
  contentOf,
  entriesOf,
  failureOf,
  load,
  loseCatalog,
  lostFound,
  put,
  sessionFiles,
  versionOf,
  visit
} from "../kit.ts"
import { logPlace } from "./logPlace.ts"

const key = { namespace: ["acct"], id: "local_1" }
const first = "acct/local_1.entries.jsonl"
const second = "acct/local_1.entries.1.jsonl"

/** A session with five entries, the first three settled by its head, with the bytes of its log. */
const stored = Effect.gen(function*() {
  const place = yield* logPlace
  const receipt = yield* visit(place.root, (adapter) =>
    Effect.gen(function*() {
      yield* commit(adapter, put(key, 0), append(key, ["a", "b"]))
      yield* commit(adapter, put(key, 1), append(key, ["c"]))
      yield* commit(adapter, append(key, ["d"]))
      return yield* commit(adapter, append(key, ["e"]))
    }))
  const file = path.join(place.root, first)
  const bytes = fs.readFileSync(file)
  loseCatalog(place.root)
  const ends = [...bytes.entries()].flatMap(([at, byte]) => byte === 0x0a ? [at + 1] : [])
  return { place, target: targetOf(place, key), file, bytes, ends, version: versionOf(receipt), folder: place.root }
})

const kindsOf = (target: Target) =>
  Effect.map(damageOfLog(target), (segments) => segments.flatMap(({ problems }) => problems.map(({ kind }) => kind)))

const entriesIn = (folder: string) => visit(folder, (adapter) => entriesOf(adapter, key))

interface Case {
  readonly what: string
  readonly damage: (bytes: Buffer, ends: ReadonlyArray<number>) => Buffer
  readonly after: ReadonlyArray<string>
}

const flipped = (bytes: Buffer, at: number): Buffer => {
  bytes[at]! ^= 1
  return bytes
}

const cases: ReadonlyArray<Case> = [
  {
    what: "a damaged line that its head has settled",
    damage: (bytes, ends) => flipped(bytes, ends[0]! + 20),
    after: ["a", "Corrupt", "c", "d", "e"]
  },
  {
    what: "a damaged line in the middle of what came after its head",
    damage: (bytes, ends) => flipped(bytes, ends[2]! + 20),
    after: ["a", "b", "c", "Corrupt", "e"]
  },
  {
    what: "a damaged last line",
    damage: (bytes, ends) => flipped(bytes, ends[3]! + 20),
    after: ["a", "b", "c", "d", "Corrupt"]
  },
  {
    what: "two lines joined into one",
    damage: (bytes, ends) => flipped(bytes, ends[1]! - 1),
    after: ["a", "b", "c", "d", "e"]
  },
  {
    what: "NULs between its lines",
    damage: (bytes, ends) => Buffer.concat([bytes.subarray(0, ends[3]), Buffer.alloc(99), bytes.subarray(ends[3])]),
    after: ["a", "b", "c", "d", "e"]
  },
  {
    what: "a line full of NULs",
    damage: (bytes, ends) => bytes.fill(0, ends[2], ends[3]),
    after: ["a", "b", "c", "Corrupt", "e"]
  },
  {
    what: "a file that is shorter than its head says",
    damage: (bytes, ends) => bytes.subarray(0, ends[1]! + 10),
    after: ["a", "b", "Corrupt"]
  },
  { what: "an empty file", damage: () => Buffer.alloc(0), after: ["Corrupt", "Corrupt", "Corrupt"] }
]

describe("the repair of a log", () => {
  for (const { after, damage, what } of cases) {
    it.live(`with ${what} leaves one in order, with every index that it had`, () =>
      Effect.gen(function*() {
        const { bytes, ends, file, folder, target } = yield* stored
        const broken = damage(Buffer.from(bytes), ends)
        fs.writeFileSync(file, broken)
        const before = yield* visit(folder, (adapter) => load(adapter, key))
        const found = yield* kindsOf(target)
        assert.isAbove(found.length, 0)

        const repaired = yield* repairLog(target)
        assert.deepStrictEqual(repaired.flatMap(({ problems }) => problems.map(({ kind }) => kind)), found)
        assert.deepStrictEqual(yield* repairLog(target), [])
        assert.deepStrictEqual(yield* kindsOf(target), [])
        assert.deepStrictEqual(yield* entriesIn(folder), after)
        const later = yield* visit(folder, (adapter) => load(adapter, key))
        assert.isAbove(later.head.version, before.head.version)
        assert.deepStrictEqual(later.body, before.body)
        assert.strictEqual(later.head.entryCount, after.length)
        const kept = lostFound(folder).map((name) => sessionFiles(folder)[name])
        assert.isTrue(kept.some((content) => content === broken.toString("latin1")))
        assert.isFalse(fs.existsSync(file))

        yield* visit(folder, (adapter) => commit(adapter, append(key, ["f"])))
        assert.deepStrictEqual(yield* entriesIn(folder), [...after, "f"])
        assert.deepStrictEqual(yield* kindsOf(target), [])
      }))
  }

  it.live("makes a session writable whose file is shorter than its head says", () =>
    Effect.gen(function*() {
      const { bytes, ends, file, folder, target } = yield* stored
      fs.writeFileSync(file, bytes.subarray(0, ends[0]))
      // The first batch has two lines, and counts with its last one only.
      const write = visit(folder, (adapter) => commit(adapter, append(key, ["f"])))
      assert.deepStrictEqual(yield* failureOf(write), ["Corrupt", "notApplied"])
      yield* repairLog(target)
      const receipt = yield* write
      assert.strictEqual(receipt.keys[0]?.entryCount, 4)
      assert.deepStrictEqual(
        yield* visit(folder, (adapter) => contentOf(adapter, key)),
        Option.some({ state: 1, entries: ["Corrupt", "Corrupt", "Corrupt", "f"] })
      )
    }))

  it.live("keeps the writes that are recognised, and versions above all that were given out", () =>
    Effect.gen(function*() {
      const { bytes, ends, file, folder, target, version } = yield* stored
      fs.writeFileSync(file, flipped(Buffer.from(bytes), ends[2]! + 20))
      const again = { writeId: "", operations: [append(key, ["e"])] as const, attempt: 2 }
      const line = JSON.parse(bytes.subarray(ends[3], ends[4]).toString()) as { readonly w: string }
      yield* repairLog(target)
      const receipt = yield* visit(folder, (adapter) => adapter.commit({ ...again, writeId: line.w }))
      assert.deepStrictEqual([receipt.keys[0]?.entryCount, versionOf(receipt)], [5, version])
      const next = yield* visit(folder, (adapter) => commit(adapter, put(key, 2)))
      assert.isAbove(versionOf(next), version + 1)
      assert.deepStrictEqual(yield* entriesIn(folder), ["a", "b", "c", "Corrupt", "e"])
    }))

  for (
    const [what, end] of [
      ["half a line", "{\"i\":5,\"at\":17"],
      ["NULs", "\0\0\0\0\0\0"]
    ] as const
  ) {
    it.live(`cuts ${what} off its end and changes nothing else`, () =>
      Effect.gen(function*() {
        const { bytes, file, folder, target, version } = yield* stored
        fs.appendFileSync(file, end)
        assert.deepStrictEqual(yield* kindsOf(target), ["Torn"])
        yield* repairLog(target)
        assert.isTrue(fs.readFileSync(file).equals(bytes))
        assert.strictEqual((yield* visit(folder, (adapter) => load(adapter, key))).head.version, version)
        assert.deepStrictEqual(lostFound(folder), [])
      }))
  }

  it.live("gives its last line the end that it lacks", () =>
    Effect.gen(function*() {
      const { bytes, file, folder, target } = yield* stored
      const flips = Array.from({ length: 8 }, (_, bit) => String.fromCharCode(0x0a ^ (1 << bit)))
      for (const end of ["", ...flips, "\u000b\0\0"]) {
        fs.writeFileSync(file, Buffer.concat([bytes.subarray(0, -1), Buffer.from(end, "latin1")]))
        assert.deepStrictEqual(yield* kindsOf(target), ["NoLineEnd", ...(end.length > 1 ? ["Torn"] : [])])
        yield* repairLog(target)
        assert.isTrue(fs.readFileSync(file).equals(bytes))
      }
      // The file is what it was: a byte in the place of a line end says nothing that could be kept.
      assert.deepStrictEqual(lostFound(folder), [])
    }))

  it.live("puts the segments of a log together into one", () =>
    Effect.gen(function*() {
      const { bytes, ends, file, folder, target } = yield* stored
      fs.writeFileSync(file, flipped(Buffer.from(bytes), ends[3]! + 20))
      yield* visit(folder, (adapter) => commit(adapter, append(key, ["f"])))
      yield* visit(folder, (adapter) => commit(adapter, append(key, ["g"])))
      assert.include(Object.keys(sessionFiles(folder)), second)
      assert.deepStrictEqual(yield* kindsOf(target), ["Damage"])
      yield* repairLog(target)
      const logs = Object.keys(sessionFiles(folder)).filter((name) => name.startsWith("acct/local_1.entries"))
      assert.deepStrictEqual(logs, ["acct/local_1.entries.2.jsonl"])
      assert.deepStrictEqual(yield* entriesIn(folder), ["a", "b", "c", "d", "Corrupt", "f", "g"])
    }))

  it.live("does nothing to a log that is in order, to one that is not there, and to a session that is not", () =>
    Effect.gen(function*() {
      const { folder, place, target } = yield* stored
      yield* visit(folder, (adapter) => commit(adapter, put({ namespace: [], id: "local_2" }, 0)))
      const before = sessionFiles(folder)
      for (const id of ["local_2", "local_3"]) {
        assert.deepStrictEqual(yield* repairLog(targetOf(place, { namespace: [], id })), [])
      }
      assert.deepStrictEqual(yield* repairLog(target), [])
      assert.deepStrictEqual(sessionFiles(folder), before)
    }))
})
