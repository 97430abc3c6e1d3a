/** A listing opens no session that its catalog knows, and shows every session as it is, whatever the catalog says. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, type FileSystem } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { ExactStat } from "../../src/io/exactStat.ts"
import type { FaultRule } from "../../src/testing/FaultyFileSystem.ts"
import { openElsewhere } from "../conformance/elsewhere.ts"
import {
  append,
  change,
  commit,
  faulty,
  list,
  listed,
  open,
  put,
  quickFolder,
  realFileSystem,
  remove,
  visit
} from "../kit.ts"
import { catalogOf, linesOf, openAged, shown, stirred, visitAged } from "./aged.ts"

const one = { namespace: ["acct"], id: "one" }
const two = { namespace: ["acct"], id: "two" }

const protocols = ["rename", "slots"] as const
type Protocol = (typeof protocols)[number]

/** A store of two sessions, one with entries, that a catalog knows. */
const known = Effect.fnUntraced(function*(protocol: Protocol = "rename") {
  const folder = yield* quickFolder
  yield* visitAged(folder, (adapter) =>
    Effect.andThen(
      commit(adapter, put(one, 1, { summary: "{\"n\":1}" }), append(one, ["a"])),
      commit(adapter, put(two, 1))
    ), { commit: protocol })
  return folder
})

/** The same, and the second session got its first entry since: its head is as the catalog knows it. */
const withStaleLog = Effect.fnUntraced(function*(protocol: Protocol = "rename") {
  const folder = yield* known(protocol)
  const head = path.join(folder, "acct", "two.json")
  const before = yield* Effect.scoped(Effect.gen(function*() {
    const adapter = yield* openAged(folder, { commit: protocol })
    yield* commit(adapter, put(two, 2))
    yield* visitAged(folder, list)
    const [bytes, { mtimeMs }] = [fs.readFileSync(catalogOf(folder, "acct")), fs.statSync(head)]
    yield* commit(adapter, append(two, ["first"]))
    assert.strictEqual(fs.statSync(head).mtimeMs, mtimeMs)
    return bytes
  }))
  fs.writeFileSync(catalogOf(folder, "acct"), before)
  return folder
})

/** What a fresh adapter lists, and which sessions' files it opened for that. */
const look = (folder: string) =>
  Effect.scoped(Effect.gen(function*() {
    const { fileSystem, opened } = shown()
    const adapter = yield* openAged(folder, { fileSystem })
    opened.length = 0
    const heads = yield* list(adapter)
    return { heads, opened: [...new Set(opened)].toSorted() }
  }))

/** What is listed where there is no catalog. */
const listedWithout = Effect.fnUntraced(function*(folder: string) {
  fs.rmSync(path.join(folder, ".holdfast", "catalog"), { recursive: true, force: true })
  return yield* visit(folder, list)
})

/** Claims that a listing shows what is there, and that of the known sessions these were opened. */
const shows = Effect.fnUntraced(function*(folder: string, opened: ReadonlyArray<string>) {
  const found = yield* look(folder)
  assert.deepStrictEqual(found.opened, opened)
  assert.deepStrictEqual(found.heads, yield* listedWithout(folder))
  return found.heads
})

it.live("a catalog that grew is read once by listings that begin together, and the next one goes on from there", () =>
  Effect.gen(function*() {
    const folder = yield* known()
    const { fileSystem, opened } = shown()
    const adapter = yield* openAged(folder, { fileSystem })
    const others = ["three", "four", "five", "six", "seven"].map((id) => ({ namespace: ["acct"], id }))
    yield* list(adapter)
    yield* visitAged(folder, (other) => commit(other, put(others[0]!, 1)))
    yield* Effect.all([list(adapter), list(adapter)], { concurrency: 2 })
    yield* visitAged(folder, (other) => Effect.forEach(others.slice(1), (key) => commit(other, put(key, 1))))
    opened.length = 0
    assert.lengthOf(yield* list(adapter), 2 + others.length)
    assert.deepStrictEqual(opened, [])
  }))

for (const protocol of protocols) {
  describe(`a catalog, with ${protocol}`, () => {
    const ofOne = ["one.alt.json", "one.entries.jsonl", "one.json"]

    it.live("spares a listing the sessions that it knows", () =>
      Effect.gen(function*() {
        const folder = yield* known(protocol)
        const heads = yield* shows(folder, [])
        assert.deepStrictEqual(heads.map((row) => row._tag === "StoredHead" ? row.summary : ""), ["{\"n\":1}", "{}"])
      }))

    it.live("is not believed of a session that another program wrote since", () =>
      Effect.gen(function*() {
        for (const change of [put(one, 2), append(one, ["b"]), remove(one)]) {
          const folder = yield* known(protocol)
          const before = fs.readFileSync(catalogOf(folder, "acct"))
          yield* visitAged(folder, (adapter) => commit(adapter, change), { commit: protocol })
          // The catalog is as stale as if the writer had died before it wrote it.
          fs.writeFileSync(catalogOf(folder, "acct"), before)
          yield* shows(folder, change._tag === "Remove" ? ["one.alt.json", "one.json"] : ofOne)
        }
      }))

    it.live("is not believed of a log that began after it, beside a head that stayed as it was", () =>
      Effect.gen(function*() {
        const folder = yield* withStaleLog(protocol)
        yield* shows(folder, ["two.alt.json", "two.entries.jsonl", "two.json"])
      }))

    it.live("is written again by the listing that had to read", () =>
      Effect.gen(function*() {
        const folder = yield* known(protocol)
        fs.rmSync(catalogOf(folder, "acct"))
        assert.isAbove((yield* look(folder)).opened.length, 0)
        yield* shows(folder, [])
      }))
  })
}

describe("a session in two slots", () => {
  it.live("is read when one of them was written in place and has kept its size and its modification time", () =>
    Effect.gen(function*() {
      const folder = yield* known("slots")
      const file = path.join(folder, "acct", "two.json")
      const { atime, mtime } = fs.statSync(file)
      const bytes = fs.readFileSync(file)
      fs.writeFileSync(file, bytes.with(bytes.length - 40, bytes.at(-40)! ^ 1))
      fs.utimesSync(file, atime, mtime)
      assert.deepStrictEqual(yield* visitAged(folder, listed), ["Corrupt two.json", "one"])
    }))
})

describe("a row", () => {
  it.live("is read again when it was written within two seconds of its session", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      yield* visit(folder, (adapter) => commit(adapter, put(one, 1)))
      yield* visit(folder, listed)
      assert.include(linesOf(folder, "acct").at(-1), "\"main\":")
      const { fileSystem, opened } = shown()
      yield* visit(folder, list, { fileSystem })
      assert.include(opened, "one.json")
    }))

  it.live("is not believed of a session that another process wrote to, though this process holds it in memory", () =>
    Effect.gen(function*() {
      const folder = yield* known()
      const adapter = yield* openAged(folder)
      const { adapter: other } = yield* openElsewhere({ directory: folder })
      for (const n of [1, 2, 3]) {
        yield* other.commit(change(append(one, [n])))
        const [head] = yield* list(adapter)
        assert.strictEqual(head?._tag === "StoredHead" ? head.entryCount : 0, 1 + n)
      }
    }))

  it.live("is not believed when readdir misses a file that came since, in a folder that has changed a moment ago", () =>
    Effect.gen(function*() {
      const folder = yield* withStaleLog()
      const missing: FileSystem.FileSystem = {
        ...realFileSystem,
        readDirectory: (at) =>
          Effect.map(realFileSystem.readDirectory(at), (names) => names.filter((name) => name !== "two.entries.jsonl"))
      }
      const rows = yield* Effect.provideService(visit(folder, list, { fileSystem: missing }), ExactStat, stirred)
      assert.deepStrictEqual(rows.map((row) => row._tag === "StoredHead" ? row.entryCount : -1), [1, 1])
    }))

  it.live("is written down after a rest, without closing the store", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const adapter = yield* open(folder)
      yield* commit(adapter, put(one, 1))
      while (!fs.existsSync(catalogOf(folder, "acct")) || linesOf(folder, "acct").length === 0) {
        yield* Effect.sleep("100 millis")
      }
      yield* Effect.sleep("200 millis")
      const { fileSystem, opened } = shown()
      const other = yield* open(folder, { fileSystem })
      assert.deepStrictEqual(yield* listed(other), ["one"])
      assert.deepStrictEqual(opened, [])
    }), 20_000)

  it.live("names a removed session without its summary, and no line tells of it any more", () =>
    Effect.gen(function*() {
      const folder = yield* known()
      yield* visitAged(folder, (adapter) => commit(adapter, remove(one)))
      assert.notInclude(fs.readFileSync(catalogOf(folder, "acct"), "latin1"), "{\\\"n\\\":1}")
      assert.deepStrictEqual((yield* look(folder)).heads.length, 1)
      yield* shows(folder, [])
    }))

  it.live("of a session whose files are gone is not listed, and goes", () =>
    Effect.gen(function*() {
      const folder = yield* known()
      for (const name of fs.readdirSync(path.join(folder, "acct")).filter((name) => name.startsWith("one."))) {
        fs.rmSync(path.join(folder, "acct", name))
      }
      assert.deepStrictEqual(yield* visitAged(folder, listed), ["two"])
      assert.deepStrictEqual(linesOf(folder, "acct").filter((line) => line.includes("\"stem\":\"one\"")), [])
    }))

  it.live("of another store's folder, copied with its catalog, is not believed", () =>
    Effect.gen(function*() {
      const folder = yield* known()
      const copy = path.join(yield* quickFolder, "copy")
      fs.cpSync(folder, copy, {
        recursive: true,
        preserveTimestamps: true,
        filter: (file) => !/\.db(-journal|-wal|-shm)?$/.test(file)
      })
      const { heads, opened } = yield* look(copy)
      assert.include(opened, "one.json")
      assert.strictEqual(heads.length, 2)
    }))

  it.live("is not believed of a name that has become a symbolic link", () =>
    Effect.gen(function*() {
      const folder = yield* known()
      const file = path.join(folder, "acct", "two.json")
      fs.renameSync(file, `${file}.moved`)
      fs.symlinkSync(`${file}.moved`, file)
      const rows = yield* visitAged(folder, (adapter) => list(adapter))
      assert.deepStrictEqual(rows.map(({ _tag }) => _tag), ["Unreadable", "StoredHead"])
    }))

  it.live("is not made of another program's file", () =>
    Effect.gen(function*() {
      const folder = yield* known()
      fs.writeFileSync(path.join(folder, "acct", "foreign.json"), "{\"title\":\"theirs\"}")
      for (const restart of [1, 2]) {
        const rows = yield* visitAged(folder, listed)
        assert.deepStrictEqual(rows, ["Corrupt foreign.json", "one", "two"], `restart ${restart}`)
      }
      assert.deepStrictEqual(linesOf(folder, "acct").filter((line) => line.includes("foreign")), [])
    }))
})

/** Another process lists, and writes down what it has read; its row is as good as one whose session has rested. */
const elsewhere = Effect.fnUntraced(function*(folder: string) {
  const { adapter } = yield* openElsewhere({ directory: folder })
  yield* list(adapter)
  while (!linesOf(folder, "acct").some((line) => line.includes("\"entryCount\":3"))) yield* Effect.sleep("100 millis")
})

describe("a writer whose sync failed", () => {
  it.live(
    "does not show what it does not rely on, though the row of another process counts it",
    () =>
      Effect.gen(function*() {
        const folder = yield* known()
        const rules: Array<FaultRule> = []
        const adapter = yield* open(folder, { fileSystem: faulty(rules) })
        yield* commit(adapter, append(one, ["b"]))
        rules.push({ operation: "sync", path: /one\.entries/, code: "EIO" })
        yield* Effect.flip(commit(adapter, append(one, ["c"])))
        yield* elsewhere(folder)
        const counts = Effect.map(
          list(adapter),
          (rows) => rows.map((row) => row._tag === "StoredHead" ? row.entryCount : -1)
        )
        assert.deepStrictEqual(yield* counts, [2, 0])
      }),
    20_000
  )
})
