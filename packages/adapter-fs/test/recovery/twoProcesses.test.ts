/** Two processes that recover one folder at the same time: each leftover is dealt with once, and nothing is lost. */
import { assert, describe, it } from "@effect/vitest"
import { type Finding, keyText, makeKey } from "@holdfast/core"
import { Effect } from "effect"
import { join } from "node:path"
import { elsewhere } from "../../../../testing/elsewhere.ts"
import { forkKeyOf } from "../../src/layout/forkKey.ts"
import { commit, findings, list, load, place, put, quickFolder, sessionFiles, stateOf, versionOf } from "../kit.ts"
import { keptBytes } from "./kept.ts"

const start = elsewhere(join(import.meta.dirname, "adopting.ts"), "files-adopting")

const count = 16
const keyOf = (index: number) => makeKey(`local_${index}`, ["acct"])
const textOf = (title: string) => JSON.stringify({ title })

/** Temp files in one half, finished files at the very names of their sessions in the other one. */
const fileOf = (index: number) => `acct/local_${index}.json${index % 2 === 0 ? ".tmp" : ""}`

const adopted = (found: ReadonlyArray<Finding>) =>
  found.filter(({ action, applied }) => action === "adopt" && applied).map(({ place }) => place)

for (const protocol of ["rename", "slots"] as const) {
  describe(`two processes that recover at once with ${protocol}`, { concurrent: false }, () => {
    it.live("adopt each document once, and lose neither a document nor a save", () =>
      Effect.gen(function*() {
        const folder = yield* quickFolder
        const options = { directory: folder, commit: protocol }
        const [{ adapter: one }, { adapter: two }] = yield* Effect.all([start(options), start(options)], {
          concurrency: "unbounded"
        })
        for (let index = 0; index < count; index++) place(folder, fileOf(index), textOf(`chat ${index}`))
        const both = yield* Effect.all([findings(one, "apply"), findings(two, "apply")], { concurrency: "unbounded" })
        const places = both.flatMap(adopted)
        assert.strictEqual(places.length, count)
        assert.strictEqual(new Set(places).size, count)
        for (let index = 0; index < count; index++) {
          const key = keyOf(index)
          const [here, there] = yield* Effect.all([load(one, key), load(two, key)])
          assert.deepStrictEqual(here, there)
          assert.deepStrictEqual(yield* stateOf(one, key), { title: `chat ${index}` })
          const text = textOf(`chat ${index}`)
          const kept = index % 2 === 0 ? sessionFiles(folder)[fileOf(index)] : keptBytes(folder)[fileOf(index)]
          assert.strictEqual(kept, text)
        }

        // One saves while the other one recovers: what was acknowledged is what is there.
        const saving = Effect.forEach(
          Array.from({ length: count }, (_, index) => keyOf(index)),
          (key) => commit(one, put(key, { title: "saved" }))
        )
        const [saves] = yield* Effect.all([saving, findings(two, "apply")], { concurrency: "unbounded" })
        for (let index = 0; index < count; index++) {
          const { body, head } = yield* load(two, keyOf(index))
          assert.deepStrictEqual([JSON.parse(body), head.version], [{ title: "saved" }, versionOf(saves[index]!)])
        }
      }), 60_000)

    it.live("fork a changed source once", () =>
      Effect.gen(function*() {
        const folder = yield* quickFolder
        const options = { directory: folder, commit: protocol }
        const sources = Array.from({ length: 6 }, (_, index) => index * 2)
        for (const index of sources) place(folder, fileOf(index), textOf("adopted"))
        const [{ adapter: one }, { adapter: two }] = yield* Effect.all([start(options), start(options)], {
          concurrency: "unbounded"
        })
        for (const index of sources) place(folder, fileOf(index), textOf(`changed ${index}`))
        yield* Effect.all([findings(one, "apply"), findings(two, "apply")], { concurrency: "unbounded" })
        const heads = (yield* list(one)).flatMap((row) => row._tag === "StoredHead" ? [keyText(row.key)] : [])
        const forks = sources.map((index) => forkKeyOf(keyOf(index), Buffer.from(textOf(`changed ${index}`))))
        assert.sameMembers(heads, [...sources.map(keyOf), ...forks].map(keyText))
        for (const [at, fork] of forks.entries()) {
          assert.deepStrictEqual(yield* stateOf(two, fork), { title: `changed ${sources[at]}` })
        }
      }), 60_000)
  })
}
