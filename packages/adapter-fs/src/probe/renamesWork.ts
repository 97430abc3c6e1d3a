/**
 * Whether files can be renamed in a folder: tried with two files of our own, which are removed again.
 *
 * It is asked in the very folder of a session, because what refuses a rename may be of one folder only.
 * Nothing is made durable: a probe that a crash leaves is cleared away when the store is opened.
 */
import { randomId } from "@holdfast/core/port"
import * as Effect from "effect/Effect"
import type { Path } from "effect/Path"
import { removeFile, renameOver } from "../io/durable.ts"
import type { Io } from "../io/Io.ts"
import { probePrefix } from "../layout/files.ts"

const content = new TextEncoder().encode("probe\n")

/** Tries a rename to a new name and one over a file. */
export const renamesWork = (
  { io, path }: { readonly io: Io; readonly path: Path },
  folder: string
): Effect.Effect<boolean> => {
  const id = randomId()
  const file = (part: string) => path.join(folder, `${probePrefix}${id}.${part}`)
  const [first, second] = [file("a"), file("b")]
  const make = (name: string) => io.withFile(name, "wx", (opened) => opened.writeAll(content))
  const clear = Effect.forEach([first, second], (name) => Effect.exit(removeFile(io, name)), { discard: true })
  return make(first).pipe(
    Effect.andThen(renameOver(io, first, second)),
    Effect.andThen(make(first)),
    Effect.andThen(renameOver(io, first, second)),
    Effect.isSuccess,
    Effect.ensuring(clear)
  )
}
