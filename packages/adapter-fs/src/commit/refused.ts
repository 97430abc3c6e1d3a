/**
 * A refused attempt to publish a head: what failed, what is true then, and whether another way may work.
 *
 * Some codes refuse the name and not the data. One is a contradiction that only a redirected folder
 * gives: a name that nobody has cannot be created because it is taken. It is named for what it is.
 */
import { type Outcome, type Reason, Virtualized } from "@holdfast/core/port"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { isMissing, reasonOf } from "../io/errno.ts"
import type { IoFailure } from "../io/Io.ts"
import type { Place, Target } from "./Place.ts"

/** A failed attempt: what failed, what is true now, and whether another protocol may succeed where this one was refused. */
export interface Refused {
  readonly failure: IoFailure
  /** Its outcome says what is true. */
  readonly reason: Reason
  readonly mayTryNext: boolean
}

// These refuse the name, not the data: another way to name the bytes may work. A full disk, a
// read-only one and a failing device refuse every way.
export const refusesRename: ReadonlySet<string> = new Set([
  "EXDEV",
  "EBUSY",
  "EPERM",
  "EACCES",
  "EINVAL",
  "ENOSYS",
  "ENOTSUP",
  "EOPNOTSUPP",
  "UNKNOWN"
])

// A folder that takes no new file may still let existing ones be written.
const refusesCreate: ReadonlySet<string> = new Set(["EPERM", "EACCES", "EROFS", "EEXIST", "UNKNOWN"])

/** A failure after which another protocol may work only if its code is one of `next` and nothing was applied. */
export const refused = (
  { place }: Target,
  failure: IoFailure,
  { next, outcome }: { readonly outcome: Outcome; readonly next?: ReadonlySet<string> }
): Refused => ({
  failure,
  reason: reasonOf(failure, place.environment, outcome),
  mayTryNext: outcome === "notApplied" && next?.has(failure.code) === true
})

/** Whether an exclusive create was refused because the name is taken, and nobody has it. */
const isContradicted = (place: Place, { code, path, syscall }: IoFailure): Effect.Effect<boolean> =>
  code === "EEXIST" && syscall === "open"
    ? Effect.match(place.io.stat(path), { onFailure: isMissing, onSuccess: () => false })
    : Effect.succeed(false)

/** A file that could not be written under a name of its own. */
export const refusedCreate = Effect.fnUntraced(function*(
  target: Target,
  failure: IoFailure,
  outcome: Outcome
): Effect.fn.Return<Refused> {
  const plain = refused(target, failure, { outcome, next: refusesCreate })
  if (!(yield* isContradicted(target.place, failure))) return plain
  const { actual, name } = Option.getOrElse(target.place.environment.container, () => ({
    actual: failure.path,
    name: "a redirection that takes no new files"
  }))
  const reason = new Virtualized({ given: failure.path, actual, container: name, outcome, cause: failure.cause })
  return { ...plain, reason }
})
