/**
 * The judge of a crash state: the store is opened on it, and what it says is held against what was
 * acknowledged and attempted; then a save must work, and last through a power cut right after it.
 */
import type { Listed, StorageChange } from "@holdfast/core"
import { Cause, Clock, Duration, Effect, Equal, Exit, type FileSystem, Option } from "effect"
import { ExactStat } from "../../src/io/exactStat.ts"
import { LockDatabases } from "../../src/io/lockDatabase.ts"
import type { CrashFileSystem } from "../../src/testing/index.ts"
import { type Adapter, change, contentOf, findings, list, type OpenOptions, versionOf, visit } from "../kit.ts"
import { type Change, changeOf, type Content, key } from "./session.ts"

/** What a store may say of the session. */
export interface Expected {
  /** Every content from the last acknowledged one to the last attempted. */
  readonly contents: ReadonlyArray<Content>
  /** The last acknowledged version. */
  readonly version: number
}

type Disk = CrashFileSystem.CrashFileSystem

export interface StoreOptions extends Omit<OpenOptions, "fileSystem"> {
  /** Puts something between the disk and the store. */
  readonly over?: ((fileSystem: FileSystem.FileSystem) => FileSystem.FileSystem) | undefined
}

const start = Date.UTC(2026, 0, 1)

/** Time that goes on with every look at it, so that a run repeats exactly, and does not wait long. */
const ownTime = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Clock.clockWith((clock) => {
    let now = start
    const millis = () => now++
    return Effect.provideService(effect, Clock.Clock, {
      currentTimeMillis: Effect.sync(millis),
      currentTimeMillisUnsafe: millis,
      currentTimeNanos: clock.currentTimeNanos,
      currentTimeNanosUnsafe: () => clock.currentTimeNanosUnsafe(),
      monotonicTimeNanos: clock.monotonicTimeNanos,
      monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
      // Looking again after a moment shows nothing else here; what waits longer is a limit, and holds.
      sleep: (duration) => Duration.toMillis(duration) < 100 ? Effect.yieldNow : clock.sleep(duration)
    })
  })

/** Where the store lies on a disk: its folder is made when it is opened first. */
export const storeOf = (disk: Disk): string => `${disk.root}/store`

/** Opens the store of a disk, uses and closes it. */
export const use = <A, E>(
  disk: Disk,
  { over = (fileSystem) => fileSystem, ...options }: StoreOptions,
  work: (adapter: Adapter) => Effect.Effect<A, E>
) =>
  visit(storeOf(disk), work, { ...options, fileSystem: over(disk.fileSystem) }).pipe(
    Effect.provideService(LockDatabases, disk.lockDatabases),
    Effect.provideService(ExactStat, disk.exactStat),
    ownTime
  )

const claim = (holds: boolean, what: () => string): void => {
  if (!holds) throw new Error(what())
}

const text = (content: Content): string => JSON.stringify(Option.getOrUndefined(content)) ?? "absent"

const checkListing = (rows: ReadonlyArray<Listed>, content: Content): void => {
  const heads = rows.filter((row) => row._tag === "StoredHead" && row.key.id === key.id)
  claim(rows.every((row) => row._tag === "StoredHead"), () => "a listing has a row that cannot be read")
  claim(heads.length === (Option.isSome(content) ? 1 : 0), () => `a listing names it ${heads.length} times`)
}

/** Reads the session, and holds it against what is expected. */
const checkContent = Effect.fnUntraced(function*(adapter: Adapter, expected: Expected) {
  const content = yield* contentOf(adapter, key)
  claim(
    expected.contents.some((possible) => Equal.equals(possible, content)),
    () => `read ${text(content)}, not ${expected.contents.map(text).join(" or ")}`
  )
  const head = yield* adapter.head(key)
  claim(Option.isSome(head) === Option.isSome(content), () => "the head says otherwise than the session")
  if (Option.isSome(head) && Option.isSome(content)) {
    const { entryCount, version } = head.value
    claim(entryCount === content.value.entries.length, () => `the head counts ${entryCount} entries`)
    claim(version >= expected.version, () => `version ${version} is below the acknowledged ${expected.version}`)
  }
  return content
})

/** Reads everything about the session, and holds it against what is expected. */
const check = Effect.fnUntraced(function*(adapter: Adapter, expected: Expected) {
  const content = yield* checkContent(adapter, expected)
  checkListing(yield* list(adapter), content)
  // The end of a log that no writer finished counts for nothing: opening leaves it to the next write.
  const todo = (yield* findings(adapter, "inspect")).filter(({ action }) => action !== "none" && action !== "repair")
  claim(todo.length === 0, () => `recovery has left something to do: ${todo.map((found) => found.detail).join(", ")}`)
  return content
})

const checkLitter = Effect.fnUntraced(function*(disk: Disk) {
  const names = yield* disk.fileSystem.readDirectory(storeOf(disk), { recursive: true })
  const litter = names.filter((name) => !name.startsWith("lost-found/") && /[0-9a-f]{20}\.tmp$|-probe-/.test(name))
  claim(litter.length === 0, () => `litter is left: ${litter.join(" ")}`)
})

/** Commits a change of a session that is known, and says what is acknowledged then. */
export const commitNext = Effect.fnUntraced(function*(adapter: Adapter, next: Change, made?: StorageChange) {
  const receipt = yield* adapter.commit(made ?? change(...next.operations))
  return { contents: [next.after], version: versionOf(receipt) } satisfies Expected
})

const nextOf = (content: Content): Change => changeOf("both", content, 9)

interface Judging {
  readonly expected: Expected
  readonly options: StoreOptions
  /** The change that was under way: it is sent once more, as an app does that got no answer. */
  readonly repeated?: { readonly made: StorageChange; readonly after: Content } | undefined
}

const judgeEffect = Effect.fnUntraced(function*(disk: Disk, { expected, options, repeated }: Judging) {
  const saved = yield* use(disk, options, (adapter) =>
    Effect.gen(function*() {
      let content = yield* check(adapter, expected)
      if (repeated !== undefined) {
        yield* adapter.commit(repeated.made)
        content = yield* checkContent(adapter, { contents: [repeated.after], version: expected.version })
      }
      const before = yield* adapter.head(key)
      const next = yield* commitNext(adapter, nextOf(content))
      const floor = Math.max(
        expected.version,
        Option.match(before, { onNone: () => 0, onSome: ({ version }) => version })
      )
      claim(next.version > floor, () => `version ${next.version} follows ${floor}`)
      yield* checkContent(adapter, next)
      return next
    }))
  yield* checkLitter(disk)
  yield* use(disk.leastState().mount(), options, (adapter) => check(adapter, saved))
})

const reasonOf = (cause: Cause.Cause<unknown>): string => {
  const error = Cause.squash(cause)
  return error instanceof Error ? error.message : String(error)
}

/** What is wrong with a store on a disk; none when nothing is. */
export const judge = (disk: Disk, judging: Judging): Effect.Effect<Option.Option<string>> =>
  Effect.map(
    Effect.exit(judgeEffect(disk, judging)),
    (exit) => Exit.isSuccess(exit) ? Option.none() : Option.some(reasonOf(exit.cause))
  )
