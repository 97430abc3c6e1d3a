/**
 * A program as a stranger writes it: it knows the packages by their public names only and is compiled, run and bundled
 * against the packed archives, outside of the repository (see `scripts/packedConsumer.ts`). It ends with an error when
 * the packages do not do what their README promises, and prints the same lines in every run.
 */
import { NodeServices } from "@effect/platform-node"
import { FsAdapter } from "@holdfast/adapter-fs"
import { MemoryAdapter } from "@holdfast/adapter-memory"
import { SqliteAdapter } from "@holdfast/adapter-sqlite"
import { type Durability, Session, SessionStore, type StorageAdapter, type StorageError } from "@holdfast/core"
import { Effect, Layer, Schema, Stream } from "effect"
import { deepStrictEqual } from "node:assert/strict"
import { copyFileSync, mkdtempSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const entry = Schema.Struct({ role: Schema.Literals(["user", "assistant"]), text: Schema.String })

/** What the app of last year stored: the same kind of session without a working directory. */
const OldSession = Session.define("CodeSession", {
  state: Schema.Struct({ title: Schema.String, pinned: Schema.Boolean }),
  entry,
  summary: ["title", "pinned"]
})

const CodeSession = Session.define("CodeSession", {
  version: 2,
  state: Schema.Struct({ title: Schema.String, pinned: Schema.Boolean, cwd: Schema.String }),
  entry,
  summary: ["title", "pinned"],
  migrations: { 1: (old) => ({ ...old, cwd: "" }) }
})

class OldSessions extends SessionStore.Service<OldSessions>()("app/OldSessions", OldSession) {}
class CodeSessions extends SessionStore.Service<CodeSessions>()("app/CodeSessions", CodeSession) {}

/** A store under test. Every build of its layer is another run of the app over the same data. */
interface Store {
  readonly name: string
  readonly durability: Durability
  readonly adapter: Layer.Layer<StorageAdapter, StorageError>
}

const namespace = ["acct", "org"]
const firstKey = Session.key("first", namespace)
const secondKey = Session.key("second", namespace)

const lastYear = Effect.gen(function*() {
  const sessions = yield* OldSessions
  const saved = yield* sessions.create({ title: "Fix EXDEV", pinned: true }, { id: "first", namespace })
  yield* sessions.create({ title: "Tidy up", pinned: false }, { id: "second", namespace })
  yield* sessions.append(saved.key, [{ role: "user", text: "hello" }])
  const { complete, sessions: heads } = yield* sessions.list({ namespace })
  return { durability: saved.receipt.durability, count: heads.length, complete }
})

/** What a listing of the pinned sessions shows, and what a load and the entries of each tell beside that. */
const pinned = Effect.gen(function*() {
  const sessions = yield* CodeSessions
  const listing = yield* sessions.list({ where: { pinned: true } })
  const found = yield* Effect.forEach(listing.sessions, ({ key, summary }) =>
    Effect.gen(function*() {
      const { state } = yield* sessions.load(key)
      const entries = yield* Stream.runCollect(sessions.entries(key))
      const texts = entries.map((row) => row._tag === "Entry" ? row.entry.text : row.error.message)
      return { id: key.id, namespace: key.namespace, title: summary.title, cwd: state.cwd, texts }
    }))
  return { found, complete: listing.complete }
})

const thisYear = Effect.gen(function*() {
  const sessions = yield* CodeSessions
  const before = yield* pinned
  yield* sessions.update(firstKey, (state) => ({ ...state, cwd: "/src" }))
  yield* sessions.append(firstKey, [{ role: "assistant", text: "done" }])
  const missing = yield* Effect.flip(sessions.load(Session.key("missing", namespace)))
  return { before, after: yield* pinned, missing: missing.message }
})

/** The old app beside the present one: it reads what it knows and refuses what it does not, in a typed error. */
const lastYearAgain = Effect.gen(function*() {
  const sessions = yield* OldSessions
  const { state } = yield* sessions.load(secondKey)
  const refusal = yield* sessions.save(firstKey, { title: "Overwritten", pinned: false }).pipe(
    Effect.as("nothing was refused"),
    Effect.catchTag("SessionInvalid", ({ message, reason }) => Effect.succeed(`${reason._tag}: ${message}`))
  )
  return { title: state.title, refusal }
})

const first = { id: "first", namespace, title: "Fix EXDEV" }

const expected = ({ durability }: Store) => ({
  lastYear: { durability, count: 2, complete: true },
  thisYear: {
    before: { found: [{ ...first, cwd: "", texts: ["hello"] }], complete: true },
    after: { found: [{ ...first, cwd: "/src", texts: ["hello", "done"] }], complete: true },
    missing: "no session \"acct/org/missing\""
  },
  lastYearAgain: {
    title: "Tidy up",
    refusal: "NewerVersion: session \"acct/org/first\" is stored in schema version 2, this definition knows up to 1; "
      + "nothing was changed"
  }
})

const filesIn = (directory: string, suffix: string) =>
  readdirSync(directory, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(suffix))

const tryOut = async (store: Store): Promise<void> => {
  const run = <A, E>(effect: Effect.Effect<A, E, OldSessions | CodeSessions>) =>
    Effect.runPromise(Effect.provide(
      effect,
      Layer.mergeAll(OldSessions.layer, CodeSessions.layer).pipe(Layer.provide(store.adapter))
    ))
  const seen = { lastYear: await run(lastYear), thisYear: await run(thisYear), lastYearAgain: await run(lastYearAgain) }
  console.log(store.name, JSON.stringify(seen, null, 2))
  deepStrictEqual(seen, expected(store))
}

/** What a writer that died leaves is cleared away by the next one, once the system's locks say that it is alone. */
const clearsLeftovers = async (directory: string, { adapter }: Store): Promise<void> => {
  const file = filesIn(directory, ".json").find((name) => name.startsWith("acct")) ?? ""
  copyFileSync(join(directory, file), join(directory, `${file}.${"0".repeat(20)}.tmp`))
  await Effect.runPromise(Effect.provide(Effect.void, adapter))
  deepStrictEqual(filesIn(directory, ".tmp"), [])
}

const folder = mkdtempSync(join(tmpdir(), "holdfast-consumer-store-"))
try {
  const directory = join(folder, "sessions")
  const files: Store = {
    name: "files",
    durability: "flushed",
    adapter: Layer.provide(FsAdapter.layer({ directory }), NodeServices.layer)
  }
  const sqlite: Store = {
    name: "SQLite",
    durability: "flushed",
    adapter: SqliteAdapter.layer({ filename: join(folder, "sessions.db") })
  }
  const memory: Store = {
    name: "memory",
    durability: "volatile",
    adapter: MemoryAdapter.layerOver(MemoryAdapter.makeMemory())
  }
  for (const store of [files, sqlite, memory]) await tryOut(store)
  await clearsLeftovers(directory, files)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
