/** Heads that are damaged or torn: nothing wrong is served, and nothing is written over. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import {
  commit,
  contentOf,
  failureOf,
  faulty,
  listed,
  loseCatalog,
  open,
  type OpenOptions,
  put,
  quickFolder,
  sessionFiles,
  visit
} from "../kit.ts"
import { cut, flip, key, names, protocols, reasonIn, refusesAll, twoSlots } from "./unreadableHead.ts"

describe("the newest slot with a flipped bit", () => {
  for (const at of [0, 3, 40, 300, -30, -2, -1]) {
    it.live(`is corrupt, with the older version named and not served: byte ${at}`, () =>
      Effect.gen(function*() {
        const { folder, older, paths } = yield* twoSlots
        flip(paths.alt, at)
        const reason = yield* reasonIn(folder, { commit: "slots" })
        assert.deepStrictEqual([reason._tag, reason.outcome], ["Corrupt", "notApplied"])
        assert.isTrue(reason._tag === "Corrupt" && reason.at === paths.alt && reason.older === older)
        yield* refusesAll(folder, "Corrupt", { commit: "slots" })
      }))
  }

  it.live("is a row of a listing, with its key", () =>
    Effect.gen(function*() {
      const { folder, paths } = yield* twoSlots
      flip(paths.alt, 40)
      const rows = yield* visit(folder, (adapter) => listed(adapter))
      assert.deepStrictEqual(rows.map((row) => row.split(" ")[0]), ["Corrupt"])
    }))
})

describe("a slot that is cut off", () => {
  it.live("leaves the other one current, wherever it is cut, and the next save takes its place", () =>
    Effect.gen(function*() {
      const { folder, paths } = yield* twoSlots
      const whole = fs.readFileSync(paths.main)
      const lineEnds = [...whole.keys()].filter((at) => whole[at] === 0x0a).map((at) => at + 1)
      for (const length of [0, 1, 20, ...lineEnds.slice(0, -1), whole.length - 1]) {
        fs.writeFileSync(paths.main, whole.subarray(0, length))
        assert.deepStrictEqual(
          yield* visit(folder, (adapter) => contentOf(adapter, key)),
          Option.some({ state: 2, entries: [] }),
          `cut at ${length}`
        )
      }
      yield* visit(folder, (adapter) => commit(adapter, put(key, 3)), { commit: "slots" })
      assert.deepStrictEqual(
        yield* visit(folder, (adapter) => contentOf(adapter, key)),
        Option.some({ state: 3, entries: [] })
      )
    }))

  it.live("is corrupt together with another one, and not absent", () =>
    Effect.gen(function*() {
      const { folder, paths } = yield* twoSlots
      cut(paths.main, 50)
      cut(paths.alt, 60)
      const reason = yield* reasonIn(folder, { commit: "slots" })
      assert.strictEqual(reason._tag, "Corrupt")
      for (const options of protocols) yield* refusesAll(folder, "Corrupt", options)
    }))

  it.live("is corrupt when it is the only one, under the main name", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      yield* visit(folder, (adapter) => commit(adapter, put(key, 1)), { commit: "rename" })
      cut(path.join(folder, names.main), 0)
      for (const options of protocols) yield* refusesAll(folder, "Corrupt", options)
    }))
})

describe("the newest version", () => {
  it.live("is served under whichever name it has, by every protocol", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const history: ReadonlyArray<NonNullable<OpenOptions["commit"]>> = [
        "rename",
        "slots",
        "slots",
        "rename",
        "slots",
        "rename",
        "rename",
        "slots",
        "slots",
        "slots"
      ]
      for (const [state, protocol] of history.entries()) {
        yield* visit(folder, (adapter) => commit(adapter, put(key, state)), { commit: protocol })
        for (const options of protocols) {
          assert.deepStrictEqual(
            yield* visit(folder, (adapter) => contentOf(adapter, key), options),
            Option.some({ state, entries: [] })
          )
        }
      }
    }))

  it.live("is the only file when it was renamed over the main name", () =>
    Effect.gen(function*() {
      const { folder } = yield* twoSlots
      yield* visit(folder, (adapter) => commit(adapter, put(key, 3)), { commit: "rename" })
      assert.deepStrictEqual(Object.keys(sessionFiles(folder)), ["acct/", names.main])
    }))

  it.live("is not written over when the second name cannot be made", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      yield* visit(folder, (adapter) => commit(adapter, put(key, 1)), { commit: "rename" })
      const before = sessionFiles(folder)
      const fileSystem = faulty([{ operation: "open", flags: ["wx"], code: "EACCES" }])
      const failure = yield* visit(folder, (adapter) => failureOf(commit(adapter, put(key, 2))), {
        commit: "slots",
        fileSystem
      })
      assert.deepStrictEqual(failure, ["PermissionDenied", "notApplied"])
      assert.deepStrictEqual(sessionFiles(folder), before)
    }))
})

describe("a session that cannot be read for now", () => {
  for (
    const [code, tag] of [["EACCES", "PermissionDenied"], ["EIO", "Io"], ["EMFILE", "TooManyOpenFiles"], [
      "UNKNOWN",
      "Unclassified"
    ]] as const
  ) {
    it.live(`is neither absent nor written over: ${code}`, () =>
      Effect.gen(function*() {
        const { folder } = yield* twoSlots
        for (const file of [/local_1\.json$/, /local_1\.alt\.json$/]) {
          yield* refusesAll(folder, tag, {
            fileSystem: faulty([{ operation: "open", flags: ["r"], path: file, code }])
          })
        }
        assert.deepStrictEqual(
          yield* visit(folder, (adapter) => contentOf(adapter, key)),
          Option.some({ state: 2, entries: [] })
        )
      }))
  }

  it.live("is read again when it looks torn for a moment, as while another process writes a slot", () =>
    Effect.gen(function*() {
      const { folder, paths } = yield* twoSlots
      loseCatalog(folder)
      const adapter = yield* open(folder, { commit: "slots" })
      const whole = fs.readFileSync(paths.main)
      fs.rmSync(paths.alt)
      cut(paths.main, 50)
      const [content] = yield* Effect.all([
        contentOf(adapter, key),
        Effect.andThen(Effect.sleep("2 millis"), Effect.sync(() => fs.writeFileSync(paths.main, whole)))
      ], { concurrency: "unbounded" })
      assert.deepStrictEqual(content, Option.some({ state: 1, entries: [] }))
    }))
})
