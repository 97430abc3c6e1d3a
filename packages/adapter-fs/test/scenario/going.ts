/**
 * A performance while it goes on: what is known of each session, what is broken so far, and the claims that are made
 * of every failure and of everything that is read.
 */
import { assert } from "@effect/vitest"
import { type Listed, StorageError } from "@holdfast/core"
import { Cause, Effect, Exit, Option, Result } from "effect"
import { allows, type Content, type Oracle, possibleOf } from "../commit/oracle.ts"
import type { FaultPlan, PlannedCalls } from "./faultPlan.ts"
import { type Actor, numberAt } from "./scripts.ts"

/** What ended an effect, in a line. */
export const describeCause = (cause: Cause.Cause<unknown>): string => {
  const error = Cause.squash(cause)
  return error instanceof Error ? error.message.slice(0, 600) : String(error)
}

/** A performance while it goes on. */
export interface Going {
  readonly actors: ReadonlyArray<Actor>
  readonly plan: FaultPlan
  readonly calls: PlannedCalls
  readonly oracles: Map<number, Oracle>
  readonly broken: Map<number | "store", string>
  readonly answers: Map<string, number>
}

/** Does something for a session whose failures are its own; what is broken once is not looked at any more. */
const forActor = (going: Going, actor: Actor, act: Effect.Effect<void, StorageError>) =>
  Effect.suspend(() => {
    if (going.broken.has(actor.number)) return Effect.void
    going.calls.workOn(actor.number)
    return Effect.map(Effect.exit(act), (exit) => {
      going.calls.workOn("store")
      if (Exit.isFailure(exit)) going.broken.set(actor.number, describeCause(exit.cause))
    })
  })

/** Does something for every session, one after the other. */
export const eachActor = (going: Going, act: (actor: Actor) => Effect.Effect<void, StorageError>) =>
  Effect.forEach(going.actors, (actor) => forActor(going, actor, act(actor)), { discard: true })

// What a code is to a caller. A folder that a call meets it at may be unreadable, whatever the code.
const reasons: { readonly [code: string]: string } = {
  "EXDEV": "CrossDevice",
  "EIO": "Io",
  "ENOSPC": "NoSpace",
  "EROFS": "ReadOnly",
  "EACCES": "PermissionDenied",
  "EPERM": "PermissionDenied",
  "EBUSY": "Busy",
  "EMFILE": "TooManyOpenFiles",
  "ENAMETOOLONG": "NameTooLong",
  "Unknown system error -116": "Io",
  "UNKNOWN": "Unclassified"
}

/** A failure is a typed one, and says what the code that was met means. */
export const checkFailure = (going: Going, who: number | "store", error: unknown): void => {
  assert.isTrue(error instanceof StorageError, "a failure is a StorageError")
  const { reason } = error as StorageError
  const met = [who, "store" as const].flatMap((one) => {
    const code = going.plan.get(one)?.fault.code
    return code === undefined ? [] : [reasons[code]!]
  })
  assert.isTrue(
    [...met, "Conflict", "DirectoryUnreadable"].includes(reason._tag),
    `a failure is told as ${reason._tag}: ${reason.message}`
  )
}

/** What a read found; none when it failed, which it may for a reason. */
export const readOf = <A>(
  going: Going,
  who: number | "store",
  read: Effect.Effect<A, StorageError>
): Effect.Effect<Option.Option<A>> =>
  Effect.map(Effect.result(read), (result) => {
    if (Result.isSuccess(result)) return Option.some(result.success)
    checkFailure(going, who, result.failure)
    assert.isTrue(result.failure.outcome === "notApplied", `a read changes nothing: ${result.failure.message}`)
    return Option.none()
  })

/** A value with short texts. */
export const brief = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) => typeof part === "string" ? part.slice(0, 30) : part)

/** What is known of a session; each has an oracle of its own. */
export const oracleOf = (going: Going, { number }: Actor): Oracle => going.oracles.get(number) ?? new Map()

/** What is there is what the answers allow. */
export const checkContent = (going: Going, actor: Actor, content: Content): void => {
  const oracle = oracleOf(going, actor)
  assert.isTrue(
    allows(oracle, actor.key, content),
    `it holds ${brief(content)}, possible is ${brief(possibleOf(oracle, actor.key).contents)}`
  )
}

const rowsOf = (rows: ReadonlyArray<Listed>): ReadonlyMap<number | undefined, ReadonlyArray<Listed>> =>
  Map.groupBy(
    rows,
    (row) => row._tag === "StoredHead" ? numberAt(`/${row.key.namespace.join("/")}/`) : numberAt(row.place)
  )

/** A listing names every session, or has a row for it, or for a folder that it lies in, which says why it does not. */
export const checkListing = (going: Going, rows: ReadonlyArray<Listed>) => {
  const byNumber = rowsOf(rows)
  const unread = byNumber.get(undefined) ?? []
  return eachActor(going, (actor) =>
    Effect.sync(() => {
      const { contents } = possibleOf(oracleOf(going, actor), actor.key)
      const own = byNumber.get(actor.number) ?? []
      for (const row of own) if (row._tag === "Unreadable") checkFailure(going, actor.number, row.error)
      const isListed = own.some((row) => row._tag === "StoredHead")
      const isUnread = own.some((row) => row._tag === "Unreadable") || unread.length > 0
      const heads = own.filter((row) => row._tag === "StoredHead")
      assert.isTrue(heads.length <= 1, `it is listed ${heads.length} times`)
      if (contents.every(Option.isSome)) assert.isTrue(isListed || isUnread, "it is not listed")
      if (contents.every(Option.isNone)) assert.isTrue(!isListed, "it is listed and was removed")
      assert.isTrue(
        !isUnread || going.calls.failed.has(actor.number) || going.calls.failed.has("store"),
        "its row is unreadable"
      )
    }))
}
