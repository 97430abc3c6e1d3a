/**
 * Whether somebody has a store open, for tools that must not work beside a living app.
 *
 * It looks at the lock that every open store holds and that the kernel frees with its holder. Whoever opens the store
 * a moment later is not seen; what keeps writers apart are the locks that they take, not this answer.
 */
import * as Effect from "effect/Effect"
import { FileSystem } from "effect/FileSystem"
import * as Option from "effect/Option"
import { Path } from "effect/Path"
import { openPresence } from "./io/presence.ts"
import { gateFile, presenceFile, storeFolder } from "./layout/files.ts"

/** Who has a store open; `unknown` where the place has no such locks. */
export type InUse = "nobody" | "somebody" | "unknown"

/** Looks whether somebody has the store in a folder open. A folder that is no store is nobody's. */
export const inUse = Effect.fnUntraced(function*(
  options: { readonly directory: string }
): Effect.fn.Return<InUse, never, FileSystem | Path> {
  const fileSystem = yield* FileSystem
  const path = yield* Path
  const file = (name: string) => path.join(path.resolve(options.directory), storeFolder, name)
  const isStore = yield* Effect.orElseSucceed(fileSystem.exists(file(presenceFile)), () => true)
  if (!isStore) return "nobody"
  const looking = Effect.scoped(Effect.gen(function*() {
    const presence = yield* openPresence(file(presenceFile), file(gateFile))
    if (Option.isNone(presence)) return "unknown" as const
    const alone = yield* presence.value.alone(Effect.void)
    return Option.isSome(alone) ? "nobody" as const : "somebody" as const
  }))
  // Somebody stays alone in the store.
  return yield* Effect.orElseSucceed(looking, (): InUse => "somebody")
})
