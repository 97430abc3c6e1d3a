/**
 * Watching a store: the adapter's changes as far as they are this definition's.
 *
 * Sessions of other kinds and of other namespaces are left out. What was missed is passed on whatever
 * the namespace, because nobody knows what it was.
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { isWithin } from "../model/SessionKey.ts"
import { checkNamespace } from "../port/checks.ts"
import { traced } from "../port/tracing.ts"
import type { StoreParts } from "./parts.ts"
import type { PlainSchema } from "./Session.ts"
import type { SessionStore } from "./SessionStore.ts"

/** Makes the watching method of a store. */
export const makeChanges = <S extends PlainSchema, E extends PlainSchema, Summary extends PlainSchema>(
  { adapter, definition: { kind } }: StoreParts<S, E, Summary>
): SessionStore<S, E, Summary>["changes"] =>
  traced(
    "SessionStore.changes",
    Effect.fnUntraced(function*({ namespace = [] } = {}) {
      yield* checkNamespace(adapter.name, namespace, "changes")
      return Stream.filter(
        yield* adapter.changes,
        (change) => change._tag === "Missed" || (change.kind === kind && isWithin(change.key.namespace, namespace))
      )
    })
  )
