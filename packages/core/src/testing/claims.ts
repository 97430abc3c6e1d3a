/**
 * Claims: the assertions that laws are written with.
 *
 * A claim that does not hold fails with `LawBroken`, whose message says what was claimed and what was
 * found. No test runner takes part, so that laws run wherever Effect does.
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import { format } from "effect/Formatter"
import type * as Option from "effect/Option"
import type { Reason } from "../errors/reasons.ts"
import { StorageError } from "../errors/StorageError.ts"

/** A law does not hold: what was claimed, and what was found instead. */
export class LawBroken extends Data.TaggedError("LawBroken")<{ readonly message: string }> {}

const shownMax = 400

/** A value as messages show it: big bodies are cut. */
const show = (value: unknown): string => {
  const text = typeof value === "string" && value.length > shownMax
    ? JSON.stringify(value.slice(0, shownMax))
    : format(value)
  return text.length <= shownMax ? text : `${text.slice(0, shownMax)}... (cut)`
}

/** Fails with what was found. */
export const broken = (message: string): Effect.Effect<never, LawBroken> => Effect.fail(new LawBroken({ message }))

/** Says in which case it was that an effect failed. */
export const inCase = (name: string) => <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, LawBroken, R> =>
  Effect.mapError(
    effect,
    (error) => new LawBroken({ message: `${name}: ${error instanceof LawBroken ? error.message : String(error)}` })
  )

/** Claims that a condition holds. */
export const holds = (condition: () => boolean, claim: string): Effect.Effect<void, LawBroken> =>
  Effect.suspend(() => condition() ? Effect.void : broken(`not so: ${claim}`))

interface Difference {
  readonly path: string
  readonly actual: unknown
  readonly expected: unknown
}

const isStructure = (value: unknown): value is object => typeof value === "object" && value !== null

/** The innermost place where two unequal values differ. */
const differenceOf = ({ actual, expected, path }: Difference): Difference => {
  if (!isStructure(actual) || !isStructure(expected)) return { path, actual, expected }
  const properties = [...new Set([...Object.keys(expected), ...Object.keys(actual)])]
  for (const property of properties) {
    const inner = { actual: Reflect.get(actual, property), expected: Reflect.get(expected, property) }
    if (!Equal.equals(inner.actual, inner.expected)) return differenceOf({ ...inner, path: `${path}.${property}` })
  }
  return { path, actual, expected }
}

/** Claims that two values are equal, compared by their structure. */
export const equal = (actual: unknown, expected: unknown, claim: string): Effect.Effect<void, LawBroken> =>
  Effect.suspend(() => {
    if (Equal.equals(actual, expected)) return Effect.void
    const difference = differenceOf({ path: "", actual, expected })
    const place = difference.path === "" ? "" : ` at ${difference.path.slice(1)}`
    return broken(`${claim}${place}: expected ${show(difference.expected)}, found ${show(difference.actual)}`)
  })

/** Claims that there is a value, and gives it. */
export const present = <A>(option: Option.Option<A>, claim: string): Effect.Effect<A, LawBroken> =>
  option._tag === "Some" ? Effect.succeed(option.value) : broken(`${claim}: nothing is there`)

type Refusal<Tag extends Reason["_tag"]> = Extract<Reason, { readonly _tag: Tag }>

/** Claims that a call is refused for this reason and that nothing was changed, and gives the reason. */
export const refused = Effect.fnUntraced(function*<A, E, R, Tag extends Reason["_tag"]>(
  call: Effect.Effect<A, E, R>,
  tag: Tag,
  claim: string
): Effect.fn.Return<Refusal<Tag>, LawBroken, R> {
  const error = yield* Effect.matchEffect(call, {
    onFailure: Effect.succeed,
    onSuccess: () => broken(`${claim}: expected a refusal with ${tag}, but the call succeeded`)
  })
  if (!(error instanceof StorageError) || error.reason._tag !== tag) {
    return yield* broken(`${claim}: expected a refusal with ${tag}, found ${String(error)}`)
  }
  yield* equal(error.outcome, "notApplied", `${claim}: the outcome of a refusal`)
  return error.reason as Refusal<Tag>
})
