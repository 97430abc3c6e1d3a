/**
 * Which store of an app serves, as the stores' own records say. No record is changed, and no session.
 *
 * The stores are opened as the app opens them: whoever reads a record makes it durable first.
 * Of two that call themselves current the one of the later switch is; where no store was ever switched it is the app's
 * initial one. A store that is not there or cannot be asked is told as such, and then nobody can say which one serves.
 */
import type { StoreRecord } from "@holdfast/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { tell } from "../output/CliFailure.ts"
import { openStore } from "../stores/open.ts"
import { storeOf } from "../stores/storeName.ts"
import type { Backend } from "./backends.ts"

/** What a store says of itself. */
export interface Told {
  readonly name: string
  readonly store: string
  readonly record: Option.Option<StoreRecord>
  /** Why it could not be asked. */
  readonly problem: Option.Option<string>
  readonly isMissing: boolean
}

/** What the stores say together. */
export interface Status {
  readonly backends: ReadonlyArray<Told>
  /** None where nobody can say. */
  readonly serving: Option.Option<string>
}

const ask = Effect.fnUntraced(function*({ name, store }: Backend) {
  const asking = Effect.scoped(Effect.gen(function*() {
    const adapter = yield* openStore(yield* storeOf(store), { _tag: "Change" })
    return yield* adapter.role.read
  }))
  const asked = yield* Effect.result(asking)
  if (asked._tag === "Success") {
    return { name, store, record: asked.success, problem: Option.none(), isMissing: false } satisfies Told
  }
  const { code, what } = tell(asked.failure)
  const isMissing = code === "NoSuchStore"
  return { name, store, record: Option.none(), problem: Option.some(what), isMissing } satisfies Told
})

const epochOf = ({ record }: Told): number => Option.getOrElse(Option.map(record, ({ epoch }) => epoch), () => 0)

/** The store that serves, where it can be told. */
const servingOf = (backends: ReadonlyArray<Told>): Option.Option<string> => {
  const current = backends
    .filter(({ record }) => Option.exists(record, ({ state }) => state === "current"))
    .toSorted((self, that) => epochOf(that) - epochOf(self))
  if (backends.some(({ isMissing, problem }) => Option.isSome(problem) && !isMissing)) return Option.none()
  if (current[0] !== undefined) return Option.some(current[0].name)
  const isUntouched = backends.every(({ record }) => !Option.exists(record, ({ state }) => state === "retired"))
  return isUntouched && backends[0]?.isMissing === false ? Option.some(backends[0].name) : Option.none()
}

/** Asks every store. */
export const statusOf = (backends: ReadonlyArray<Backend>) =>
  Effect.map(
    Effect.forEach(backends, ask),
    (told): Status => ({ backends: told, serving: servingOf(told) })
  )
