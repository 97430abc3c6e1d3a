/**
 * An adapter in one file: sessions in Web Storage, the `localStorage` of browsers, one item of JSON for each session.
 *
 * Web Storage is synchronous and replaces an item whole or not at all. So a commit reads, plans and writes in one
 * step between which nothing else runs, and needs no lock; where a backend has to be waited for, `makeKeyedLock` of
 * the core gives keys their turns. What this leaves to larger adapters: several sessions in one change, tabs that
 * write one session at the same time, and knowing when the browser has flushed.
 */
import * as Core from "@holdfast/core"
import { Clock, Effect, Layer, Option, Result, Schema, Stream } from "effect"

/** What the adapter asks of Web Storage. */
export type WebStorage = Pick<Storage, "getItem" | "key" | "length" | "setItem">

const name = "web-storage"
const location = "web storage"

/** What callers may rely on. The laws of the kit are chosen by it, so claiming too much means failing them. */
const capability: Core.Capability = {
  // Browsers write to the disk some time after `setItem`.
  durability: "buffered",
  compareAndSet: "process",
  atomicity: "oneKey",
  append: "rewrite",
  sharedBy: "process",
  watch: "process",
  // Browsers give a site about five million characters.
  bodyBytesMax: 1024 * 1024,
  keyBytesMax: 128
}

const [text, count, at] = [Schema.String, Schema.Int, Schema.Finite]
const version = Schema.Int.pipe(Schema.brand("@holdfast/core/Version"))
const writes = Schema.Array(Schema.Struct({ id: text, version, at, entryCount: count }))
const identity = { kind: text, schemaVersion: count, version, incarnation: text }
const live = Schema.Struct({ ...identity, createdAt: at, updatedAt: at, entryCount: count, writes })
const entry = { index: count, at, version, schemaVersion: count, entry: text, writeId: Schema.optional(text) }

/** What an item holds of its session: the live record or what its removal left, as `planChange` asks for them. */
const SessionItem = Schema.fromJsonString(Schema.Struct({
  format: Schema.Literal(1),
  live: Schema.OptionFromNullOr(live),
  removed: Schema.OptionFromNullOr(Schema.Struct({ version, writes })),
  summary: text,
  body: text,
  entries: Schema.Array(Schema.TaggedStruct("StoredEntry", entry))
}))
type SessionItem = typeof SessionItem.Type

const none = { live: Option.none(), removed: Option.none() }
const absent: SessionItem = { format: 1, ...none, summary: "{}", body: "null", entries: [] }

const state = Schema.Literals(["current", "copying", "retired"])
const RoleItem = Schema.fromJsonString(
  Schema.Struct({ switchId: text, epoch: count, state, successor: Schema.optional(text) })
)

/** The item of the store's own record. Those of sessions begin with it and a slash, which no name of a key holds. */
const roleItem = "holdfast"
const itemOf = (key: Core.SessionKey): string => `${roleItem}/${Core.keyText(key)}`

/** The one table from native failures to reasons. What it does not list is never folded into a neighbour. */
const reasonOf = (cause: unknown, path: string, otherwise: Core.Outcome): Core.Reason => {
  const code = cause instanceof Error ? cause.name : String(cause)
  const refused = { path, code, cause, outcome: "notApplied" } as const
  if (code === "QuotaExceededError") return new Core.NoSpace(refused)
  if (code === "SecurityError") return new Core.PermissionDenied(refused)
  return new Core.Unclassified({ ...refused, outcome: otherwise, errno: 0, syscall: "" })
}

const attempt = <A>(place: string, otherwise: Core.Outcome, run: () => A): Result.Result<A, Core.Reason> =>
  Result.try({ try: run, catch: (cause) => reasonOf(cause, place, otherwise) })

/** Reads an item, none where there is none. One that does not decode is damaged or not ours: never absent. */
const readItem = <A>(storage: WebStorage, item: string, schema: Schema.Codec<A, string>) =>
  Result.gen(function*() {
    const found = yield* attempt(item, "notApplied", () => storage.getItem(item))
    if (found === null) return Option.none<A>()
    const corrupt = new Core.Corrupt({ at: item, problem: "is not what was stored there", outcome: "notApplied" })
    return Option.some(yield* Result.mapError(Schema.decodeResult(schema)(found), () => corrupt))
  })

const writeItem = (storage: WebStorage, item: string, content: string) =>
  attempt(item, "unknown", () => storage.setItem(item, content))

const readSession = (storage: WebStorage, key: Core.SessionKey) =>
  Result.map(readItem(storage, itemOf(key), SessionItem), Option.getOrElse(() => absent))

const headOf = (key: Core.SessionKey, { live, summary }: SessionItem): Option.Option<Core.StoredHead> =>
  Option.map(live, ({ writes, ...record }) => ({ _tag: "StoredHead", key: Core.copyKey(key), ...record, summary }))

/** The entries that a write adds, with its id on the last of them. */
const entriesOf = ({ entries, next }: Extract<Core.Plan, { _tag: "Write" }>, writeId: string) =>
  entries.map(({ at = next.updatedAt, entry, schemaVersion }, place): Core.StoredEntry => {
    const index = next.entryCount - entries.length + place
    const last = place === entries.length - 1 ? { writeId } : {}
    return { _tag: "StoredEntry", index, at, version: next.version, schemaVersion, entry, ...last }
  })

/** What the item holds when the plan is carried out. */
const itemAfter = (before: SessionItem, plan: Core.Plan, writeId: string): SessionItem => {
  if (plan._tag === "Unchanged") return before
  if (plan._tag === "Removal") return { ...absent, removed: Option.some(plan.tombstone) }
  const live = Option.some(plan.next)
  if (plan._tag === "Restoral") {
    const { entries, record: { body, head: { summary } } } = plan.restoration
    return { ...absent, live, summary, body, entries }
  }
  const { body, summary } = Option.getOrElse(plan.put, () => before)
  return { ...absent, live, summary, body, entries: [...before.entries, ...entriesOf(plan, writeId)] }
}

/** The write that added entries under this id, however long ago; the record itself remembers the last few. */
const entryWrite = ({ entries }: SessionItem, id: string): Option.Option<Core.AppliedWrite> =>
  Option.map(
    Option.fromUndefinedOr(entries.findLast(({ writeId }) => writeId === id)),
    ({ at, index, version }) => ({ id, version, at, entryCount: index + 1 })
  )

const receiptOf = (key: Core.SessionKey, plan: Core.Plan): Core.KeyReceipt => {
  const { entryCount, version } = "next" in plan ? plan.next : plan.applied
  const updatedAt = "next" in plan ? plan.next.updatedAt : plan.applied.at
  const createdAt = "next" in plan ? plan.next.createdAt : plan._tag === "Unchanged" ? plan.createdAt : updatedAt
  return { key: Core.copyKey(key), version, createdAt, updatedAt, entryCount }
}

/** What is told to those who watch. */
const changesOf = (key: Core.SessionKey, before: SessionItem, plan: Core.Plan): ReadonlyArray<Core.Change> => {
  if (plan._tag === "Unchanged") return []
  const { version } = "next" in plan ? plan.next : plan.tombstone
  const { kind } = "next" in plan ? plan.next : Option.getOrThrow(before.live)
  return [{ _tag: "next" in plan ? "Changed" : "Removed", key: Core.copyKey(key), kind, version }]
}

const feeds = new WeakMap<WebStorage, Core.ChangeFeed>()

/** The feed of all adapters of this process over one storage. */
const feedOf = (storage: WebStorage): Core.ChangeFeed => {
  const feed = feeds.get(storage) ?? Core.makeChangeFeed()
  feeds.set(storage, feed)
  return feed
}

/** Reads, plans and writes. A change names one key here: `checkChange` refuses any other. */
const commitTo = (storage: WebStorage, { attempt = 1, operations, writeId }: Core.PlannedChange, now: number) =>
  Result.gen(function*() {
    const { key } = operations[0]!
    const retired = Core.refusedByRole(yield* readRole(storage))
    if (Option.isSome(retired)) return yield* Result.fail(retired.value)
    const before = yield* readSession(storage, key)
    const facts = { ...before, applied: entryWrite(before, writeId) }
    const context = { writeId, attempt, now, incarnation: Core.randomId() }
    const plan = yield* Result.mapError(Core.planChange(facts, operations, context), Core.reasonOfRefusal)
    if (plan._tag !== "Unchanged") {
      yield* writeItem(storage, itemOf(key), Schema.encodeSync(SessionItem)(itemAfter(before, plan, writeId)))
    }
    feedOf(storage).publish(changesOf(key, before, plan))
    return receiptOf(key, plan)
  })

const readRole = (storage: WebStorage) => readItem(storage, roleItem, RoleItem)

/** Replaces the store's record if it is the expected one, in a step like that of a commit, which reads it. */
const replaceRole = (storage: WebStorage, expected: Option.Option<Core.StoreRecord>, next: Core.StoreRecord) =>
  Result.flatMap(readRole(storage), (current) =>
    Core.sameStoreRecord(current, expected)
      ? Result.map(writeItem(storage, roleItem, Schema.encodeSync(RoleItem)(next)), () => true)
      : Result.succeed(false))

const failWith = (operation: Core.StorageOperation, key?: Core.SessionKey) => (reason: Core.Reason) =>
  new Core.StorageError({ adapter: name, operation, key, reason })

/** The keys of all items that are sessions; others of the same site are passed over. */
const keysIn = (storage: WebStorage): ReadonlyArray<Core.SessionKey> =>
  Array.from({ length: storage.length }, (_, index) => storage.key(index) ?? "")
    .map((item) => item.split("/"))
    .filter(([prefix]) => prefix === roleItem)
    .map(([_, ...names]) => Core.makeKey(names.pop() ?? "", names))
    .filter((key) => Option.isNone(Core.keyProblem(key)))

/** The row of a session in a listing; none when it is absent. What cannot be read is a row that says why. */
const rowOf = (storage: WebStorage, key: Core.SessionKey): Option.Option<Core.Listed> =>
  Result.match(readSession(storage, key), {
    onSuccess: (item) => headOf(key, item),
    onFailure: (reason) => {
      const error = failWith("list", key)(reason)
      return Option.some({ _tag: "Unreadable", key: Option.some(key), place: itemOf(key), error })
    }
  })

const listRows = (storage: WebStorage, query: Core.ListQuery) =>
  Result.map(attempt(location, "notApplied", () => keysIn(storage)), (keys): ReadonlyArray<Core.Listed> => {
    const selected = keys.filter(({ namespace }) => Core.isWithin(namespace, query.namespace))
    const rows = selected.flatMap((key) => Option.toArray(rowOf(storage, key)))
    const unreadable = rows.filter((row) => row._tag === "Unreadable")
    return [...unreadable, ...Core.evaluateQuery(rows.filter((row) => row._tag === "StoredHead"), query)]
  })

/** Opens an adapter over a storage for the length of the scope. */
export const make = Effect.fnUntraced(function*(storage: WebStorage) {
  const writes = yield* Core.makeWrites({ adapter: name })

  /** One synchronous step of an adapter that is open. */
  const step = <A>(operation: Core.StorageOperation, run: () => Result.Result<A, Core.Reason>, key?: Core.SessionKey) =>
    Effect.andThen(
      writes.ensureOpen(operation, key),
      Effect.suspend(() => Effect.fromResult(Result.mapError(run(), failWith(operation, key))))
    )
  const read = (operation: "head" | "load" | "entries", key: Core.SessionKey) =>
    Effect.andThen(Core.checkKey(name, operation, key), step(operation, () => readSession(storage, key), key))

  const adapter: Core.StorageAdapter["Service"] = {
    name,
    location,
    capability,
    head: (key) => Effect.map(read("head", key), (item) => headOf(key, item)),
    load: (key) =>
      Effect.map(read("load", key), (item) =>
        Option.map(
          Option.all([headOf(key, item), item.live]),
          ([head, { writes }]) => ({ head, body: item.body, writes })
        )),
    commit: Effect.fnUntraced(function*(change) {
      yield* Core.checkChange(name, capability, change)
      const planned = yield* Core.readRestorations(name, capability, change)
      const now = yield* Clock.currentTimeMillis
      const { key } = planned.operations[0]!
      const row = yield* writes.run(key, step("commit", () => commitTo(storage, planned, now), key))
      const { durability } = capability
      const how = { durability, protocol: "item", attempts: 1, failures: [], degraded: Option.none() }
      return { adapter: name, location, ...how, keys: [row] }
    }),
    entries: (key, range) =>
      Stream.unwrap(
        Effect.map(read("entries", key), ({ entries }) =>
          Stream.fromIterable(entries.slice(...Core.selectRange(range, entries.length))))
      ),
    list: (query) =>
      Effect.andThen(Core.checkNamespace(name, query.namespace), step("list", () => listRows(storage, query))).pipe(
        Stream.fromIterableEffect
      ),
    changes: Effect.andThen(writes.ensureOpen("changes"), Effect.map(feedOf(storage).subscribe, writes.whileOpen)),
    health: writes.health,
    role: {
      read: step("role", () => readRole(storage)),
      compareAndSet: (expected, next) => writes.run(undefined, step("role", () => replaceRole(storage, expected, next)))
    },
    probe: Effect.succeed({ adapter: name, location, checks: [] }),
    recover: () => Stream.unwrap(Effect.as(writes.ensureOpen("recover"), Stream.empty))
  }
  return adapter
})

/** Sessions in a Web Storage, such as `localStorage`. */
export const layer = (storage: WebStorage): Layer.Layer<Core.StorageAdapter> =>
  Layer.effect(Core.StorageAdapter, make(storage))
