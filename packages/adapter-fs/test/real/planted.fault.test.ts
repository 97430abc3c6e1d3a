/**
 * Symbolic links that somebody who may write into the folder has planted at the names of sessions: to read another
 * file's content as a session, or to have it overwritten by one.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import {
  append,
  change,
  commit,
  failureOf,
  findings,
  list,
  type OpenOptions,
  put,
  quickFolder,
  remove,
  stateOf,
  visit
} from "../kit.ts"
import { adopt } from "../recovery/leftoverStore.ts"
import { seenOf } from "../scenario/content.ts"

const key = { namespace: ["acct"], id: "local_1" }
const other = { namespace: ["acct"], id: "other" }

const names = ["local_1.json", "local_1.alt.json", "local_1.entries.jsonl", "local_1.json.tmp"] as const
const protocols = ["rename", "slots"] as const

/** A store with a session beside the one that is attacked, and a file of another folder. */
const scene = Effect.fnUntraced(function*(options: OpenOptions) {
  const parent = yield* quickFolder
  const folder = path.join(parent, "store")
  const secret = path.join(parent, "secret")
  fs.writeFileSync(secret, JSON.stringify({ title: "another file's content" }))
  yield* visit(folder, (adapter) => commit(adapter, put(other, { title: "other" }), append(other, ["beside"])), options)
  return { folder, secret, at: (name: string) => path.join(folder, "acct", name) }
})

type Scene = Effect.Success<ReturnType<typeof scene>>

/** What links at the name lead to: a file of another folder, another session's file, and nothing. */
const targets: ReadonlyArray<readonly [what: string, targetIn: (stage: Scene) => string]> = [
  ["a file elsewhere", ({ secret }) => secret],
  ["another session's head", ({ at }) => at("other.json")],
  ["another session's log", ({ at }) => at("other.entries.jsonl")],
  ["a file that is not there", ({ folder }) => path.join(path.dirname(folder), "nothing")]
]

const bytesOf = (file: string): string | undefined => fs.existsSync(file) ? fs.readFileSync(file, "latin1") : undefined

/** Everything that can be done to the session. */
const operations = [
  change(put(key, { title: "mine" })),
  change(append(key, ["mine"])),
  change(put(key, { title: "mine" }), append(key, ["mine"])),
  change(remove(key))
]

const hasContent = (value: unknown, content: string): boolean => (JSON.stringify(value) ?? "").includes(content)

for (const protocol of protocols) {
  describe(`a link that was planted at a session's name, in ${protocol}`, () => {
    const options: OpenOptions = { commit: protocol, adopt }

    for (const name of names) {
      for (const isThere of [false, true]) {
        it.live(`is neither read nor written through: ${name} of a session that is ${isThere ? "there" : "absent"}`, () =>
          Effect.gen(function*() {
            for (const [what, targetIn] of targets) {
              const stage = yield* scene(options)
              const target = targetIn(stage)
              if (isThere) {
                yield* visit(
                  stage.folder,
                  (adapter) => commit(adapter, put(key, { title: "mine" }), append(key, ["one"])),
                  options
                )
              }
              const before = bytesOf(target)
              fs.rmSync(stage.at(name), { force: true })
              fs.symlinkSync(target, stage.at(name))
              yield* visit(stage.folder, (adapter) =>
                Effect.gen(function*() {
                  const seen = yield* Effect.exit(seenOf(adapter, key))
                  assert.isFalse(hasContent(seen, "another file"), `${what} was read`)
                  assert.isFalse(hasContent(seen, "beside"), `${what} was read`)
                  for (const operation of operations) {
                    const answer = yield* Effect.exit(adapter.commit(operation))
                    if (Exit.isFailure(answer)) {
                      assert.strictEqual((yield* failureOf(adapter.commit(operation)))[1], "notApplied", what)
                    }
                    assert.strictEqual(bytesOf(target), before, `${what} was written`)
                  }
                  const rows = yield* list(adapter)
                  assert.isFalse(hasContent(rows, "another file"), `${what} was listed`)
                  yield* findings(adapter, "apply")
                  assert.strictEqual(bytesOf(target), before, `${what} was written by a recovery`)
                  assert.deepStrictEqual(yield* stateOf(adapter, other), { title: "other" })
                }), options)
              const copies = fs.readdirSync(stage.folder, { recursive: true, withFileTypes: true })
                .filter((entry) => entry.isFile() && !entry.name.endsWith(".db"))
                .map((entry) => bytesOf(path.join(entry.parentPath, entry.name))!)
              assert.isFalse(copies.some((copy) => copy.includes("another file")), `${what} was copied`)
            }
          }))
      }
    }

    it.live("makes a session that cannot be read, by a typed error that names the link", () =>
      Effect.gen(function*() {
        const { at, folder, secret } = yield* scene(options)
        fs.symlinkSync(secret, at("local_1.json"))
        yield* visit(folder, (adapter) =>
          Effect.gen(function*() {
            assert.deepStrictEqual(yield* failureOf(adapter.load(key)), ["Corrupt", "notApplied"])
            assert.deepStrictEqual(yield* failureOf(adapter.commit(operations[0]!)), ["Corrupt", "notApplied"])
            const rows = yield* list(adapter)
            assert.deepStrictEqual(rows.map(({ _tag }) => _tag).toSorted(), ["StoredHead", "Unreadable"])
          }), options)
      }))
  })
}
