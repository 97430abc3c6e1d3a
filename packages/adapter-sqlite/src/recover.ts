/**
 * Looking for damage; with `apply` setting a damaged database aside and going on with what could be saved.
 *
 * The order makes a crash at any moment harmless. First a fresh database is written beside the damaged one,
 * then a mark that a replacement has begun, then the damaged one gets another name, its log before it, then
 * the fresh one gets its name. While the mark stands nobody opens the store; the next `apply` goes on from it.
 */
import { type Finding, randomId, type Reason, type SessionKey, Unavailable } from "@holdfast/core/port"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { existsSync } from "node:fs"
import type { DatabaseSync } from "node:sqlite"
import type { Database } from "./Database.ts"
import { moveIfThere, removeIfThere } from "./files.ts"
import { isDamage } from "./inspect.ts"
import { isHalfRecovered, readMark, removeMark, writeMark } from "./recoveryMark.ts"
import { reasonOf } from "./resultCode.ts"
import { mismatches, salvage, type Salvaged } from "./salvage.ts"
import { prepare } from "./statements.ts"
import { lockPath } from "./storeLock.ts"

// What integrity_check says about more places than this helps nobody.
const problemsMax = 20

const freshPath = (path: string): string => `${path}-salvaged`

const logSuffixes = ["-wal", "-shm"]

const finding = (
  kind: string,
  place: string,
  rest: Pick<Finding, "action" | "applied" | "detail"> & {
    readonly key?: SessionKey
  }
): Finding => ({ kind, place, ...rest, key: Option.fromUndefinedOr(rest.key) })

/** Changes names of files; what fails may have changed some of them. */
const attempt = (path: string, run: () => void): Effect.Effect<void, Reason> =>
  Effect.try({ try: run, catch: (cause) => reasonOf(cause, { path, outcome: "unknown" }) })

/** What SQLite itself finds wrong; its messages name pages, tables and row numbers, never content. */
const problemsOf = (open: DatabaseSync): ReadonlyArray<string> =>
  prepare<{ readonly integrity_check: string }>(open, `PRAGMA integrity_check(${problemsMax})`).all()
    .map((row) => row.integrity_check)
    .filter((text) => text !== "ok")

/** Everything that is wrong with the content of a database. */
const damageOf = (database: Database): Effect.Effect<ReadonlyArray<string>, Reason> =>
  database.read(({ database: open }) => {
    const problems = problemsOf(open)
    return problems.length > 0 ? problems : mismatches(database.options.path, open).slice(0, problemsMax)
  }).pipe(Effect.catchIf(isDamage, (reason) => Effect.succeed([reason.message])))

/** What is there to do, without having done anything. */
const look = Effect.fnUntraced(function*(database: Database): Effect.fn.Return<ReadonlyArray<Finding>, Reason> {
  const { path } = database.options
  const todo = { action: "repair", applied: false } as const
  if (isHalfRecovered(path)) {
    return [
      finding("unfinishedRecovery", path, { ...todo, detail: "a recovery was replacing this database and did not end" })
    ]
  }
  const damage = (yield* damageOf(database)).map((detail) => finding("damaged", path, { ...todo, detail }))
  const fresh = freshPath(path)
  return existsSync(fresh)
    ? [
      ...damage,
      finding("leftover", fresh, { action: "delete", applied: false, detail: "a recovery that did not end left it" })
    ]
    : damage
})

/** Replaces the database by the fresh one, from wherever an earlier try has stopped. */
const replace = (path: string, aside: string): void => {
  // The database moves last: once it has, its log has. A log beside another database would be replayed into it.
  if (!existsSync(aside)) {
    for (const suffix of logSuffixes) moveIfThere(path + suffix, aside + suffix)
    moveIfThere(path, aside)
  }
  moveIfThere(freshPath(path), path)
  removeMark(path)
}

const reportOf = (
  path: string,
  aside: string,
  { entryCount, incomplete, isRecordLost, lost, sessionCount }: Salvaged
) => [
  finding("damaged", path, {
    action: "repair",
    applied: true,
    detail: `set aside as ${aside}; ${sessionCount} sessions and ${entryCount} entries were saved from it`
  }),
  ...(isRecordLost
    ? [finding("lostRecord", aside, {
      action: "none",
      applied: false,
      detail: "the store's own record could not be read; nothing is written until it is set again"
    })]
    : []),
  ...lost.map((key) =>
    finding("lostSession", aside, {
      key,
      action: "none",
      applied: false,
      detail: "could not be read; it is listed as unreadable"
    })
  ),
  ...incomplete.map(({ key, missing }) =>
    finding("lostEntries", aside, {
      key,
      action: "none",
      applied: false,
      detail: `${missing} entries could not be read`
    })
  )
]

/** Saves, sets aside and replaces. The caller is alone in the store and has it closed. */
const mend = Effect.fnUntraced(function*(path: string): Effect.fn.Return<ReadonlyArray<Finding>, Reason> {
  const aside = `${path}-damaged-${randomId()}`
  const fresh = freshPath(path)
  yield* attempt(fresh, () => removeIfThere(fresh))
  const salvaged = yield* salvage({ path, aside, now: yield* Clock.currentTimeMillis }, fresh)
  yield* attempt(path, () => {
    writeMark(path, aside)
    replace(path, aside)
  })
  return reportOf(path, aside, salvaged)
})

/** Does what a look has found to do, one kind of it: the others cannot be there beside it. */
const apply = Effect.fnUntraced(function*(path: string, found: ReadonlyArray<Finding>) {
  if (found.some(({ kind }) => kind === "damaged")) return yield* mend(path)
  yield* attempt(path, () =>
    Option.match(readMark(path), {
      onNone: () => removeIfThere(freshPath(path)),
      onSome: (aside) => replace(path, aside)
    }))
  return found.map((each): Finding => ({ ...each, applied: true }))
})

/**
 * Looks for damage of the database and for what recoveries have left; with `apply` brings it in order.
 *
 * Fails with `Busy` while somebody else has the store open, with `Unavailable` where the place has no locks
 * to tell, and with what reading and writing met; the damaged database is where it was then, or the mark
 * of the recovery is, and `apply` goes on.
 */
export const recover = (
  database: Database,
  mode: "inspect" | "apply"
): Effect.Effect<ReadonlyArray<Finding>, Reason> =>
  Effect.gen(function*() {
    const { path } = database.options
    const found = yield* look(database)
    if (mode === "inspect" || found.length === 0) return found
    const done = yield* database.alone(Effect.uninterruptible(apply(path, found)))
    if (Option.isSome(done)) return done.value
    return yield* new Unavailable({ what: lockPath(path), outcome: "notApplied" })
  })
