/**
 * Whether somebody has a database open as a store, for tools that must not work beside a living app.
 *
 * It looks at the lock that every open store holds and that the kernel frees with its holder. Whoever opens the store
 * a moment later is not seen, nor is a program that opens the database without this adapter. No file is made.
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { existsSync, realpathSync } from "node:fs"
import { DatabaseSync } from "node:sqlite"
import { isBusy } from "./resultCode.ts"
import { lockPath } from "./storeLock.ts"

/** Who has a store open; `unknown` where its lock cannot be looked at. */
export type InUse = "nobody" | "somebody" | "unknown"

/** Is alone for a moment, or meets somebody. */
const meet = (file: string): InUse => {
  const database = new DatabaseSync(file, { timeout: 0 })
  const met = Result.try({ try: () => database.exec("BEGIN EXCLUSIVE; ROLLBACK"), catch: isBusy })
  database.close()
  if (Result.isSuccess(met)) return "nobody"
  return met.failure ? "somebody" : "unknown"
}

/** Looks whether somebody has the store of a file open. A file that never was a store is nobody's. */
export const inUse = ({ filename }: { readonly filename: string }): Effect.Effect<InUse> =>
  Effect.orElseSucceed(
    Effect.try(() => {
      if (!existsSync(filename)) return "nobody"
      const lock = lockPath(realpathSync.native(filename))
      return existsSync(lock) ? meet(lock) : "nobody"
    }),
    (): InUse => "unknown"
  )
