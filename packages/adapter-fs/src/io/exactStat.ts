/**
 * What a file system tells of a file, to the nanosecond: enough to know a file again that nobody has written to.
 *
 * Effect's `FileSystem` has neither the time of the last status change nor nanoseconds, so this asks Node. A
 * file system that is not the real disk brings its own.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import { lstat } from "node:fs"
import { IoFailure } from "./Io.ts"

/** A file as its inode describes it. */
export interface ExactFacts {
  readonly ino: bigint
  readonly size: bigint
  readonly mtimeNs: bigint
  readonly ctimeNs: bigint
}

/** Looks at what has a name, a symbolic link included; none when nothing has it. */
export type LookExactly = (path: string) => Effect.Effect<Option.Option<ExactFacts>, IoFailure>

const failureOf = (cause: NodeJS.ErrnoException, path: string): IoFailure =>
  new IoFailure({
    code: cause.code ?? "UNKNOWN",
    errno: cause.errno ?? 0,
    syscall: cause.syscall ?? "lstat",
    path,
    cause
  })

const lookWithNode: LookExactly = (path) =>
  Effect.callback((resume) =>
    lstat(path, { bigint: true }, (failure, facts) => {
      if (failure?.code === "ENOENT") return resume(Effect.succeedNone)
      if (failure !== null) return resume(Effect.fail(failureOf(failure, path)))
      const { ctimeNs, ino, mtimeNs, size } = facts
      resume(Effect.succeedSome({ ino, size, mtimeNs, ctimeNs }))
    })
  )

/** Node's own, unless the context brings another. */
export const ExactStat: Context.Reference<LookExactly> = Context.Reference("@holdfast/adapter-fs/io/ExactStat", {
  defaultValue: () => lookWithNode
})
