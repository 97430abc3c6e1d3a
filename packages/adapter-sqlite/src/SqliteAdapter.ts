/**
 * The SQLite adapter: all sessions of a store in one database file, on Node's own SQLite.
 *
 * An acknowledged commit is flushed (WAL with `synchronous=FULL`, set and read back). Compare-and-set,
 * appends and changes of several keys hold among all processes of the host. What cannot be read is an
 * error, never absent or empty; opening never changes or moves a database that is damaged or not ours.
 */
import {
  type AdapterReceipt,
  type Capability,
  checkChange,
  checkKey,
  checkNamespace,
  closeTimeoutDefault,
  makeWrites,
  type PlannedChange,
  readRestorations,
  type Reason,
  type SessionKey,
  StorageAdapter,
  StorageError,
  type StorageOperation,
  type StorageUrl
} from "@holdfast/core/port"
import * as Clock from "effect/Clock"
import type * as Config from "effect/Config"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { type Database, whileBusy } from "./Database.ts"
import { readEntries } from "./entries.ts"
import type { Mode } from "./environment.ts"
import { makeGroupCommit } from "./groupCommit.ts"
import { placeOf } from "./keyBytes.ts"
import { listRows } from "./listing.ts"
import { busyTimeoutDefault, openDatabase } from "./openDatabase.ts"
import { probeDatabase } from "./probe.ts"
import { recover } from "./recover.ts"
import { makeRole } from "./role.ts"
import { headOf, liveRow, sessionOf } from "./sessionRow.ts"
import { rowOf } from "./statements.ts"
import { urlOptions } from "./url.ts"
import { makeWatch } from "./watch.ts"

export { type Backup, backup, type BackupOptions } from "./backup.ts"

const name = "sqlite"

export { type InUse, inUse } from "./inUse.ts"

/** Where and how a SQLite store is opened. */
export interface SqliteOptions {
  /** The database file; relative paths are from the process's working directory. Made when it is missing, with its folder. */
  readonly filename: string
  /** Refuse a file that is not there: for stores that are known to exist. */
  readonly mustExist?: boolean | undefined
  /** How long a call waits for other processes before it fails with `Busy`; 5 s by default. The event loop goes on meanwhile. */
  readonly busyTimeout?: Duration.Input | undefined
  /** How long closing waits for writes in flight before they are answered `OutcomeUnknown`; 10 s by default. */
  readonly closeTimeout?: Duration.Input | undefined
  /**
   * Which thread has the database open; `"main"` by default. With `"worker"` no call holds up the event loop while the
   * disk flushes or a large body is written: saves of 8 MB held it up for 39 ms instead of 206. Every call takes some
   * tenths of a millisecond more, for the way there and back and the copying (a save of 10 KB 1.3 ms instead of 0.7, a
   * load 0.45 instead of 0.09, measured together on a busy machine), and opening takes half a second.
   */
  readonly thread?: "main" | "worker" | undefined
}

// V8 strings end at 512 MiB; a body is held in memory a few times while it is written.
const bodyBytesMax = 128 * 1024 * 1024

const capabilityOf = ({ sharedBy }: Mode): Capability => ({
  durability: "flushed",
  compareAndSet: sharedBy,
  atomicity: "manyKeys",
  append: "native",
  sharedBy,
  watch: sharedBy,
  bodyBytesMax,
  keyBytesMax: 128
})

const within = <A, R>(operation: StorageOperation, key: SessionKey | undefined, effect: Effect.Effect<A, Reason, R>) =>
  Effect.mapError(effect, (reason) => new StorageError({ adapter: name, operation, key, reason }))

/** Commits through a group, with what the receipt of this database says. */
const makeCommit = Effect.fnUntraced(function*(
  database: Database,
  options: { readonly busyTimeout: Duration.Duration; readonly committed: Effect.Effect<void> }
) {
  const group = yield* makeGroupCommit(database, options)
  const { path } = database.options
  return Effect.fnUntraced(function*(change: PlannedChange, now: number) {
    const answer = yield* group.commit({ change, now, path })
    if (Result.isFailure(answer)) {
      const { reason } = answer.failure
      const key = "key" in answer.failure ? answer.failure.key : change.operations[0]!.key
      return yield* new StorageError({ adapter: name, operation: "commit", key, reason })
    }
    const receipt: AdapterReceipt = {
      adapter: name,
      location: path,
      durability: "flushed",
      protocol: answer.success.journal === "wal" ? "wal" : "journal",
      attempts: 1,
      failures: [],
      degraded: Option.none(),
      keys: answer.success.keys
    }
    return receipt
  })
})

/** Reads the head of a session; none when it is known to be absent. */
const readHead = ({ options: { path }, readResult }: Database, key: SessionKey) =>
  readResult(({ statements }) => {
    const live = liveRow(path, rowOf(statements, placeOf(key), statements.head))
    return Result.map(live, Option.map((row) => headOf(key, row)))
  })

/** The same of a session with its body. */
const readSession = ({ options: { path }, readResult }: Database, key: SessionKey) =>
  readResult(({ statements }) => {
    const live = liveRow(path, rowOf(statements, placeOf(key), statements.session))
    return Result.flatMap(
      live,
      (row) => Result.transposeOption(Option.map(row, (found) => sessionOf(path, key, found)))
    )
  })

/** Opens a SQLite store in this thread for the length of the scope. */
const makeHere = Effect.fnUntraced(function*(
  options: SqliteOptions
): Effect.fn.Return<StorageAdapter["Service"], StorageError, Scope.Scope> {
  const busyTimeout = Duration.fromInputUnsafe(options.busyTimeout ?? busyTimeoutDefault)
  const { database, facts } = yield* within("open", undefined, openDatabase(options, busyTimeout))
  const { mode, path } = database.options
  const capability = capabilityOf(mode)
  const watch = yield* makeWatch(database)
  const commit = yield* makeCommit(database, { busyTimeout, committed: watch.committed })
  const writes = yield* makeWrites({ adapter: name, closeTimeout: options.closeTimeout ?? closeTimeoutDefault })

  const ready = (operation: "head" | "load" | "entries", key: SessionKey) =>
    Effect.andThen(checkKey(name, operation, key), writes.ensureOpen(operation, key))
  const reading = <A>(operation: "head" | "load" | "entries", key: SessionKey, effect: Effect.Effect<A, Reason>) =>
    Effect.andThen(ready(operation, key), within(operation, key, whileBusy(busyTimeout)(effect)))

  return {
    name,
    location: path,
    capability,
    head: (key) => reading("head", key, readHead(database, key)),
    load: (key) => reading("load", key, readSession(database, key)),
    commit: Effect.fnUntraced(function*(change) {
      yield* checkChange(name, capability, change)
      const planned = yield* readRestorations(name, capability, change)
      const now = yield* Clock.currentTimeMillis
      return yield* writes.run(change.operations[0]!.key, commit(planned, now))
    }),
    entries: (key, range) =>
      Stream.unwrap(
        Effect.map(
          reading("entries", key, Effect.suspend(() => readEntries({ adapter: name, database, key }, range))),
          Stream.mapError((reason) => new StorageError({ adapter: name, operation: "entries", key, reason }))
        )
      ),
    list: (query) =>
      Stream.unwrap(Effect.gen(function*() {
        yield* checkNamespace(name, query.namespace)
        yield* writes.ensureOpen("list")
        const listed = database.read((connection) => listRows({ adapter: name, path }, connection, query))
        return Stream.fromIterable(yield* within("list", undefined, whileBusy(busyTimeout)(listed)))
      })),
    changes: Effect.gen(function*() {
      yield* writes.ensureOpen("changes")
      return writes.whileOpen(yield* within("changes", undefined, whileBusy(busyTimeout)(watch.subscribe)))
    }),
    health: writes.health,
    role: makeRole(database, { adapter: name, busyTimeout, writes }),
    probe: Effect.map(probeDatabase(database, facts), (checks) => ({ adapter: name, location: path, checks })),
    recover: (recovery) =>
      Stream.unwrap(Effect.gen(function*() {
        yield* writes.ensureOpen("recover")
        return Stream.fromIterable(yield* within("recover", undefined, recover(database, recovery)))
      }))
  }
})

// What goes to another thread is copied, and a duration is no plain data.
const millisOf = (duration: Duration.Input | undefined) =>
  duration === undefined ? undefined : Duration.toMillis(Duration.fromInputUnsafe(duration))

/** Opens a SQLite store for the length of the scope. */
export const make = (options: SqliteOptions): Effect.Effect<StorageAdapter["Service"], StorageError, Scope.Scope> =>
  options.thread === "worker"
    ? Effect.flatMap(Effect.promise(() => import("./threadClient.ts")), ({ makeInThread }) =>
      makeInThread({
        filename: options.filename,
        mustExist: options.mustExist,
        busyTimeout: millisOf(options.busyTimeout),
        closeTimeout: millisOf(options.closeTimeout)
      }))
    : makeHere(options)

/**
 * A SQLite store in a file.
 *
 * **Details**
 *
 * Building the layer makes the database when there is none. It fails for a file that is no database of
 * ours, for one in a newer format, for one that somebody else keeps locked and for a place that cannot
 * be written, and changes nothing then. A damaged database builds: its calls fail with `Corrupt`, and
 * `recover("apply")` sets it aside and saves what can be read.
 */
export const layer = (options: SqliteOptions): Layer.Layer<StorageAdapter, StorageError> =>
  Layer.effect(StorageAdapter, make(options))

/** The same as `layer`, with its options read from the configuration, whose module is loaded when it is built. */
export const layerConfig = (
  options: Config.Wrap<SqliteOptions>
): Layer.Layer<StorageAdapter, StorageError | Config.ConfigError> =>
  Layer.effect(
    StorageAdapter,
    Effect.promise(() => import("effect/Config")).pipe(
      Effect.flatMap(({ unwrap }) => unwrap(options)),
      Effect.flatMap(make)
    )
  )

/** SQLite stores by URL, such as `sqlite:./sessions.db?busyTimeout=2 seconds`; for `StorageUrl.registry`. */
export const scheme: StorageUrl.Scheme<typeof urlOptions.Type> = {
  name,
  path: "path",
  options: urlOptions,
  layer: (filename, options) => layer({ ...options, filename })
}
