/** A document that another program changed after it was adopted: both are kept, and neither replaces the other. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { forkKeyOf } from "../../src/layout/forkKey.ts"
import { commit, place, put, quickFolder, remove, sessionFiles, visit } from "../kit.ts"
import { acts, asked, inShort } from "./asked.ts"
import { key, protocols, sessionKeys, temp, textOf, title } from "./foreign.ts"

for (const options of protocols) {
  const name = options.commit ?? "auto where renames are refused"

  describe(`a source that changed after its adoption, with ${name}`, () => {
    it.live("is a session of its own beside the one that was saved since, once", () =>
      Effect.gen(function*() {
        const folder = yield* quickFolder
        place(folder, temp, textOf("adopted"))
        yield* visit(folder, (adapter) => commit(adapter, put(key, { title: "saved since" })), options)
        place(folder, temp, textOf("changed since"))
        const fork = forkKeyOf(key, Buffer.from(textOf("changed since")))
        for (let life = 0; life < 2; life++) {
          yield* visit(folder, (adapter) =>
            Effect.gen(function*() {
              assert.deepStrictEqual(yield* title(adapter), "saved since")
              assert.deepStrictEqual(yield* title(adapter, fork), "changed since")
              assert.sameDeepMembers([...yield* sessionKeys(adapter)], [key, fork])
            }), options)
        }
        const before = sessionFiles(folder)
        assert.deepStrictEqual(acts(yield* asked(folder, "apply", options)), [])
        assert.deepStrictEqual(sessionFiles(folder), before)
        assert.strictEqual(sessionFiles(folder)[temp], textOf("changed since"))
      }))

    it.live("does not come back when its fork, or its session, was removed", () =>
      Effect.gen(function*() {
        const folder = yield* quickFolder
        place(folder, temp, textOf("adopted"))
        yield* visit(folder, () => Effect.void, options)
        place(folder, temp, textOf("changed"))
        const fork = forkKeyOf(key, Buffer.from(textOf("changed")))
        yield* visit(folder, (adapter) => commit(adapter, remove(fork)), options)
        assert.deepStrictEqual(yield* visit(folder, sessionKeys, options), [key])
        yield* visit(folder, (adapter) => commit(adapter, remove(key)), options)
        place(folder, temp, textOf("changed once more"))
        assert.deepStrictEqual(yield* visit(folder, sessionKeys, options), [])
        assert.include(inShort(yield* asked(folder, "apply", options)).map(([kind]) => kind), "foreignTemp.removed")
      }))

    it.live("is only told of where no adopter takes it", () =>
      Effect.gen(function*() {
        const folder = yield* quickFolder
        place(folder, temp, textOf("adopted"))
        yield* visit(folder, () => Effect.void, options)
        place(folder, temp, "{\"name\":1}")
        const before = sessionFiles(folder)
        assert.deepInclude(inShort(yield* asked(folder, "apply", options)), [
          "foreignTemp.changed",
          "none",
          false,
          "local_1.json.tmp"
        ])
        assert.deepStrictEqual(sessionFiles(folder), before)
      }))

    it.live("is forked from a folder of a raw name too, and a second document there is not", () =>
      Effect.gen(function*() {
        const folder = yield* quickFolder
        const raw = { namespace: ["Org 7"], id: "Local 1" }
        place(folder, "Org 7/Local 1.json", textOf("adopted"))
        place(folder, "Org 7/Local 1.json.tmp", textOf("undecided"))
        for (let life = 0; life < 2; life++) {
          assert.deepStrictEqual(yield* visit(folder, sessionKeys, options), [raw])
        }
        place(folder, "Org 7/Local 1.json", textOf("changed"))
        yield* visit(folder, (adapter) =>
          Effect.gen(function*() {
            assert.strictEqual(yield* title(adapter, raw), "adopted")
            assert.strictEqual(yield* title(adapter, forkKeyOf(raw, Buffer.from(textOf("changed")))), "changed")
          }), options)
      }))
  })
}
