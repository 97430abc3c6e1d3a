/** A session whose file cannot be read, with a whole temp file of ours beside it. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { append, commit, contentOf, entriesOf, faulty, listed, load, place, put, sessionFiles, visit } from "../kit.ts"
import { acts, asked, inShort } from "./asked.ts"
import { keptBytes, keptCopies } from "./kept.ts"
import { alt, content, failureOf, key, main, saved, some, spoilt, temp } from "./own.ts"

describe("a whole temp file beside a session that cannot be read", () => {
  for (const commit of ["rename", "slots"] as const) {
    for (const spoil of ["torn", "nul", "damaged"] as const) {
      it.live(`is the session when it is newer than what the ${spoil} file says it was, with ${commit}`, () =>
        Effect.gen(function*() {
          const { bytes, folder, tempOf, version } = yield* saved()
          place(folder, main, spoilt(bytes)[spoil])
          place(folder, temp, tempOf(1, "rescued"))
          yield* visit(folder, (adapter) =>
            Effect.gen(function*() {
              assert.deepStrictEqual(yield* contentOf(adapter, key), some("rescued"))
              assert.deepStrictEqual(yield* listed(adapter), ["local_1"])
              assert.isAbove((yield* load(adapter, key)).head.version, version + 1)
            }), { commit })
          assert.strictEqual(keptBytes(folder)[main], Buffer.from(spoilt(bytes)[spoil]).toString("latin1"))
          const before = sessionFiles(folder)
          assert.deepStrictEqual(acts(yield* asked(folder, "apply")), [])
          assert.deepStrictEqual(sessionFiles(folder), before)
        }))
    }

    it.live(`is the session when the writing of either slot did not finish, with ${commit}`, () =>
      Effect.gen(function*() {
        const { bytes, folder, tempOf } = yield* saved({ commit: "slots" })
        place(folder, main, spoilt(bytes).damaged)
        place(folder, alt, spoilt(bytes).damaged)
        place(folder, temp, tempOf(1, "rescued"))
        assert.deepStrictEqual(yield* content(folder, { commit }), some("rescued"))
        assert.deepStrictEqual(Object.keys(keptBytes(folder)), [alt, main])
      }))
  }

  it.live("is left when it is older, also when somebody asks", () =>
    Effect.gen(function*() {
      const { bytes, folder, tempOf } = yield* saved()
      place(folder, main, spoilt(bytes).damaged)
      place(folder, temp, tempOf(-1, "old"))
      const before = sessionFiles(folder)
      assert.strictEqual(yield* failureOf(folder), "Corrupt")
      assert.include(inShort(yield* asked(folder, "apply")).map(([kind]) => kind), "ownTemp.older")
      assert.deepStrictEqual(sessionFiles(folder), before)
    }))

  for (const spoil of ["empty", "allNul"] as const) {
    it.live(`waits until somebody asks when nothing says which is newer: ${spoil}`, () =>
      Effect.gen(function*() {
        const { bytes, folder, tempOf, version } = yield* saved()
        place(folder, main, spoilt(bytes)[spoil])
        place(folder, temp, tempOf(1, "rescued"))
        const found = inShort(yield* asked(folder, "inspect"))
        assert.deepInclude(found, ["ownTemp.rescue", "adopt", false, path.basename(temp)])
        yield* asked(folder, "apply")
        assert.deepStrictEqual(yield* content(folder), some("rescued"))
        assert.isAbove((yield* visit(folder, (adapter) => load(adapter, key))).head.version, version + 1)
      }))
  }

  it.live("is left where entries lie that only the lost head knew", () =>
    Effect.gen(function*() {
      const { bytes, folder, tempOf } = yield* saved()
      yield* visit(folder, (adapter) => commit(adapter, put(key, "with"), append(key, ["acknowledged"])))
      place(folder, main, spoilt(bytes).torn)
      place(folder, temp, tempOf(1, "without"))
      const before = sessionFiles(folder)
      assert.strictEqual(yield* failureOf(folder), "Corrupt")
      assert.include(inShort(yield* asked(folder, "apply")).map(([kind]) => kind), "ownTemp.blocked")
      assert.deepStrictEqual(sessionFiles(folder), before)
    }))

  it.live("keeps the entries that it accounts for", () =>
    Effect.gen(function*() {
      const { folder } = yield* saved()
      yield* visit(folder, (adapter) => commit(adapter, put(key, "with"), append(key, ["a", "b"])))
      const bytes = fs.readFileSync(path.join(folder, main))
      place(folder, temp, bytes)
      place(folder, main, spoilt(bytes).torn)
      assert.deepStrictEqual(yield* content(folder), some("with", ["a", "b"]))
      yield* visit(folder, (adapter) => commit(adapter, append(key, ["c"])))
      assert.deepStrictEqual(yield* visit(folder, (adapter) => entriesOf(adapter, key)), ["a", "b", "c"])
    }))

  it.live("loses nothing whichever call of its rescue fails", () =>
    Effect.gen(function*() {
      for (const commit of ["rename", "slots"] as const) {
        for (const operation of ["write", "sync", "rename", "truncate", "remove"] as const) {
          for (let nth = 1; nth <= 12; nth++) {
            const { bytes, folder, tempOf } = yield* saved({ commit })
            place(folder, main, spoilt(bytes).damaged)
            place(folder, temp, tempOf(2, "rescued"))
            const rule = { operation, path: /local_1|lost-found/, code: "EIO", calls: (call: number) => call >= nth }
            yield* visit(folder, () => Effect.void, { commit, fileSystem: faulty([rule]) })
            assert.deepStrictEqual(yield* content(folder, { commit }), some("rescued"), `${commit} ${operation} ${nth}`)
            assert.isAtLeast(keptCopies(folder).length, 1)
          }
        }
      }
    }))
})
