/**
 * Watching the store: changes of this process at once, those of others by looking for them.
 *
 * Every change has a number that rises in the whole store, so a look reads what is above the last one
 * that was told. A key that was changed twice in between is told once, with its newest version.
 */
import { type Change, type ChangeFeed, makeChangeFeed, type Reason, Version } from "@holdfast/core/port"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as RcRef from "effect/RcRef"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { Database } from "./Database.ts"
import { states } from "./schema.ts"
import { keyOf } from "./sessionRow.ts"
import type { ChangeRow, Statements } from "./statements.ts"

// A look costs some ten microseconds; a person does not see a tenth of a second.
const lookInterval = Duration.millis(100)

const changeOf = (row: ChangeRow): Change => ({
  _tag: row.state === states.removed ? "Removed" : "Changed",
  key: keyOf(row),
  kind: row.kind,
  version: Version(row.version)
})

/** Tells what has changed since the last look, and remembers how far it looked. */
const makeLook = (feed: ChangeFeed) => {
  let last = 0
  return {
    begin: ({ lastSeq }: Statements): void => {
      last = lastSeq.get()!.seq
    },
    look: ({ changesSince, lastSeq }: Statements): void => {
      // A store that was set aside and recovered counts from the start again.
      const { seq } = lastSeq.get()!
      if (seq < last) {
        last = seq
        feed.publish([{ _tag: "Missed" }])
        return
      }
      const rows = changesSince.all(last)
      last = rows.at(-1)?.seq ?? last
      feed.publish(rows.map(changeOf))
    }
  }
}

/** Who watches the store, and what tells them. */
export interface Watch {
  /** Tells at once what was committed; does nothing while nobody watches. */
  readonly committed: Effect.Effect<void>
  /** Subscribes for the length of the scope; fails with what reading the store meets. */
  readonly subscribe: Effect.Effect<Stream.Stream<Change>, Reason, Scope.Scope>
}

/** Starts watching a database when somebody subscribes. */
export const makeWatch = Effect.fnUntraced(function*(
  database: Database
): Effect.fn.Return<Watch, never, Scope.Scope> {
  const feed = makeChangeFeed()
  const { begin, look } = makeLook(feed)
  let isWatched = false

  // What cannot be read was perhaps changed: the watcher lists the store again and gets the error itself.
  const lookNow = Effect.catch(
    database.read(({ statements }) => look(statements)),
    ({ _tag }) => Effect.sync(() => _tag === "Busy" ? undefined : feed.publish([{ _tag: "Missed" }]))
  )
  const looking = yield* RcRef.make({
    acquire: Effect.gen(function*() {
      yield* database.read(({ statements }) => begin(statements))
      yield* Effect.acquireRelease(
        Effect.sync(() => {
          isWatched = true
        }),
        () =>
          Effect.sync(() => {
            isWatched = false
          })
      )
      yield* Effect.forkScoped(Effect.forever(Effect.andThen(Effect.sleep(lookInterval), lookNow)))
    })
  })

  return {
    committed: Effect.suspend(() => isWatched ? lookNow : Effect.void),
    // What was committed before the subscription is told to those who watched before it.
    subscribe: Effect.gen(function*() {
      yield* RcRef.get(looking)
      yield* lookNow
      return yield* feed.subscribe
    })
  }
})
