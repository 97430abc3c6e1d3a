/**
 * From a filename to a database that this process has open: its path, the mode for its place, its connection.
 *
 * Guarantees that a file which cannot be one of ours is refused and left as it is. One of ours that is damaged
 * opens all the same: its calls say so. What is done with the database is left to the callers.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { dirname } from "node:path"
import { acquireDatabase, whileBusy } from "./Database.ts"
import { modeOf, Observe } from "./environment.ts"
import { isDamage } from "./inspect.ts"
import { openPath } from "./openPath.ts"
import { isHalfRecovered } from "./recoveryMark.ts"
import { reasonOf } from "./resultCode.ts"

/** How long a call waits for other processes: twice what a person takes for a hanging app. */
export const busyTimeoutDefault: Duration.Duration = Duration.seconds(5)

/** The database of a file, for the length of the scope. Fails when it cannot be one of ours. */
export const openDatabase = Effect.fnUntraced(function*(
  options: { readonly filename: string; readonly mustExist?: boolean | undefined },
  busyTimeout: Duration.Duration
) {
  const { mustExist = false } = options
  const path = yield* openPath({ filename: options.filename, mustExist })
  const observe = yield* Observe
  const facts = yield* Effect.try({
    try: () => observe(dirname(path)),
    catch: (cause) => reasonOf(cause, { path, outcome: "notApplied" })
  })
  const database = yield* acquireDatabase({ path, mode: modeOf(facts), mustExist })
  yield* whileBusy(busyTimeout)(database.connection).pipe(
    // Its calls say that it is damaged, and `recover` is there to mend it.
    Effect.catchIf(
      (reason) => isDamage(reason) || isHalfRecovered(path),
      (reason) => Effect.logDebug("holdfast: opened a damaged database", reason.message)
    )
  )
  return { database, facts }
})
