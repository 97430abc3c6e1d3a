/**
 * What a file system tells of a file, to the nanosecond: enough to know a file again that nobody has written to.
 *
 * Effect's `FileSystem` has neither the time of the last status change nor nanoseconds, so this asks Node. A
 * file system that is not the real disk brings its own.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type BigIntStats, lstat, lstatSync } from "node:fs"
import { dirname } from "node:path"
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

const factsOf = ({ ctimeNs, ino, mtimeNs, size }: BigIntStats): ExactFacts => ({ ino, size, mtimeNs, ctimeNs })

const lookWithNode: LookExactly = (path) =>
  Effect.callback((resume) =>
    lstat(path, { bigint: true }, (failure, facts) => {
      if (failure?.code === "ENOENT") return resume(Effect.succeedNone)
      if (failure !== null) return resume(Effect.fail(failureOf(failure, path)))
      resume(Effect.succeedSome(factsOf(facts)))
    })
  )

/** A file as a look at once tells of it: what makes a listing of thousands in numbers, and not in big ones. */
export interface PromptFacts {
  /** Exact where it is a safe integer. */
  readonly ino: number
  readonly size: number
  readonly mtimeMs: number
  readonly ctimeMs: number
}

/** Looks at once; nothing where nothing has the name. It throws what the system says. */
export interface LookNow {
  readonly exactly: (path: string) => ExactFacts | undefined
  readonly inNumbers: (path: string) => PromptFacts | undefined
}

const lookNowWithNode: LookNow = {
  exactly: (path) => {
    const facts = lstatSync(path, { bigint: true, throwIfNoEntry: false })
    return facts === undefined ? undefined : factsOf(facts)
  },
  inNumbers: (path) => lstatSync(path, { throwIfNoEntry: false })
}

/** Looks at once where that is possible in a file's folder, and otherwise as `look` does. */
export const lookPromptly = (
  look: LookExactly,
  isAtOnce: (folder: string) => Effect.Effect<boolean>
): LookExactly =>
  look !== lookWithNode ? look : (path) =>
    Effect.flatMap(isAtOnce(dirname(path)), (atOnce) =>
      atOnce
        ? Effect.try({
          try: () => Option.fromUndefinedOr(lookNowWithNode.exactly(path)),
          catch: (cause) => failureOf(cause as NodeJS.ErrnoException, path)
        })
        : look(path))

/** The look at once that sees the same as a look; none where that is not Node's own. */
export const lookNowLike = (look: LookExactly): Option.Option<LookNow> =>
  look === lookWithNode ? Option.some(lookNowWithNode) : Option.none()

/** Node's own, unless the context brings another. */
export const ExactStat: Context.Reference<LookExactly> = Context.Reference("@holdfast/adapter-fs/io/ExactStat", {
  defaultValue: () => lookWithNode
})
