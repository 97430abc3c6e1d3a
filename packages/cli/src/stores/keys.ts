/**
 * Sessions by the names that people type: `account/org/id` as `ls` shows it, or the id alone where only one has it.
 *
 * A name that cannot be a key's is refused before anything is read. Between several sessions it never
 * chooses.
 */
import { keyProblem, keyText, makeKey, type SessionKey, type StorageAdapter, type StoredHead } from "@holdfast/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { exitCodes } from "../exitCode.ts"
import { CliFailure } from "../output/CliFailure.ts"

/** A namespace from its text; the empty text is the empty one. */
export const namespaceOf = (text: string): ReadonlyArray<string> => text.split("/").filter((name) => name !== "")

/** The key that a text names. */
export const keyOf = (text: string): Effect.Effect<SessionKey, CliFailure> => {
  const names = namespaceOf(text)
  const key = makeKey(names.at(-1) ?? "", names.slice(0, -1))
  return Option.match(keyProblem(key), {
    onNone: () => Effect.succeed(key),
    onSome: (problem) =>
      Effect.fail(
        new CliFailure({
          code: "InvalidKey",
          what: `that names no session: ${problem}`,
          advice: "Give the session as `holdfast ls` shows it.",
          exit: exitCodes.usage
        })
      )
  })
}

const noSession = (text: string) =>
  new CliFailure({
    code: "NoSuchSession",
    what: `there is no session ${JSON.stringify(text)} in this store`,
    advice: "Run `holdfast ls` to see which there are, and `holdfast doctor` if you expected it to be there."
  })

/**
 * The head of the session that a text names. An id alone is looked for in all namespaces; fails where several sessions
 * have it, and where none has, or what could not be read may have it.
 */
export const findHead = Effect.fnUntraced(function*(adapter: StorageAdapter["Service"], text: string) {
  const key = yield* keyOf(text)
  const exact = yield* adapter.head(key)
  if (Option.isSome(exact)) return exact.value
  if (key.namespace.length > 0) return yield* noSession(text)
  const rows = yield* Stream.runCollect(adapter.list({ namespace: [], order: "id" }))
  const found = rows.filter((row): row is StoredHead => row._tag === "StoredHead" && row.key.id === key.id)
  const blocked = rows.find((row) => row._tag === "Unreadable" && Option.exists(row.key, ({ id }) => id === key.id))
  if (blocked?._tag === "Unreadable" && blocked.error._tag === "StorageError") return yield* blocked.error
  if (found.length > 1) {
    return yield* new CliFailure({
      code: "SeveralSessions",
      what: `${found.length} sessions have this id: ${found.map((head) => keyText(head.key)).join(", ")}`,
      advice: "Name the one you mean with its namespace, as here."
    })
  }
  return found[0] ?? (yield* noSession(text))
})
