/**
 * A program as a stranger writes it: it knows the packages by their public names only and is compiled and run against
 * the packed archives, outside of the repository (see `scripts/packedConsumer.ts`). It ends with an error when the
 * packages do not do what their README promises.
 */
import { NodeServices } from "@effect/platform-node"
import { FsAdapter } from "@holdfast/adapter-fs"
import { MemoryAdapter } from "@holdfast/adapter-memory"
import { Session, SessionStore } from "@holdfast/core"
import { Effect, Schema, Stream } from "effect"
import { deepStrictEqual } from "node:assert/strict"
import { copyFileSync, mkdtempSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const CodeSession = Session.define("CodeSession", {
  version: 2,
  state: Schema.Struct({ title: Schema.String, pinned: Schema.Boolean, cwd: Schema.String }),
  entry: Schema.Struct({ role: Schema.Literals(["user", "assistant"]), text: Schema.String }),
  summary: ["title", "pinned"],
  migrations: { 1: (old) => ({ ...old, cwd: "" }) }
})

class CodeSessions extends SessionStore.Service<CodeSessions>()("app/CodeSessions", CodeSession) {}

const program = Effect.gen(function*() {
  const sessions = yield* CodeSessions
  const saved = yield* sessions.create({ title: "Fix EXDEV", pinned: true, cwd: "/src" }, {
    namespace: ["acct", "org"]
  })
  yield* sessions.append(saved.key, [{ role: "user", text: "hello" }])
  const listing = yield* sessions.list({ namespace: ["acct", "org"] })
  return [saved.receipt.durability, listing.sessions.length, listing.complete] as const
})

/** What a listing shows of each session, and what a load and its entries tell beside that. */
const lookAgain = Effect.gen(function*() {
  const sessions = yield* CodeSessions
  const listing = yield* sessions.list({ where: { pinned: true } })
  const found = yield* Effect.forEach(listing.sessions, (head) =>
    Effect.gen(function*() {
      const { state } = yield* sessions.load(head.key)
      const entries = yield* Stream.runCollect(sessions.entries(head.key))
      const texts = entries.map((entry) => entry._tag === "Entry" ? entry.entry.text : entry.error.message)
      return { namespace: head.key.namespace, title: head.summary.title, cwd: state.cwd, texts }
    }))
  return { found, complete: listing.complete }
})

const inFiles = (directory: string) => <A, E>(effect: Effect.Effect<A, E, CodeSessions>) =>
  effect.pipe(
    Effect.provide(CodeSessions.layer),
    Effect.provide(FsAdapter.layer({ directory })),
    Effect.provide(NodeServices.layer)
  )

const inMemory = <A, E>(effect: Effect.Effect<A, E, CodeSessions>) =>
  effect.pipe(Effect.provide(CodeSessions.layer), Effect.provide(MemoryAdapter.layer))

const filesIn = (directory: string, suffix: string) =>
  readdirSync(directory, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(suffix))

const folder = mkdtempSync(join(tmpdir(), "holdfast-consumer-store-"))
try {
  const directory = join(folder, "sessions")
  deepStrictEqual(await Effect.runPromise(inFiles(directory)(program)), ["flushed", 1, true])
  // What a writer that died leaves is cleared away by the next one, once the system's locks say that it is alone.
  const file = filesIn(directory, ".json").find((name) => name.startsWith("acct")) ?? ""
  copyFileSync(join(directory, file), join(directory, `${file}.${"0".repeat(20)}.tmp`))
  deepStrictEqual(await Effect.runPromise(inFiles(directory)(lookAgain)), {
    found: [{ namespace: ["acct", "org"], title: "Fix EXDEV", cwd: "/src", texts: ["hello"] }],
    complete: true
  })
  deepStrictEqual(filesIn(directory, ".tmp"), [])
  deepStrictEqual(await Effect.runPromise(inMemory(program)), ["volatile", 1, true])
  deepStrictEqual(await Effect.runPromise(inMemory(lookAgain)), { found: [], complete: true })
  console.log("a session was saved in files and found again, and one in memory")
} finally {
  rmSync(folder, { recursive: true, force: true })
}
