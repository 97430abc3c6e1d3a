/**
 * Mounts that nobody else sees: each set lives in a mount namespace of its own and is gone with it.
 *
 * A namespace ends with the last process in it. All of them are children of the scope and end with their input, so
 * nothing stays mounted, however the tests end. Whoever wants to see the mounts is started through `enter`.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { runCommand, startChild } from "./child.ts"

export interface MountNamespace {
  /** The command that starts another one inside. */
  readonly enter: ReadonlyArray<string>
  /** Runs a command inside to its success. */
  readonly run: (...command: ReadonlyArray<string>) => Effect.Effect<void>
  /** A path inside as this process can open it. */
  readonly outside: (path: string) => string
}

/** A mount namespace, ended with the scope. Needs root. */
export const makeNamespace: Effect.Effect<MountNamespace, never, Scope.Scope> = Effect.gen(function*() {
  const holder = yield* startChild(["unshare", "--mount", "--propagation", "private", "--", "cat"])
  yield* holder.write("in")
  yield* holder.see((lines) => lines[0])
  const enter = ["nsenter", `--mount=/proc/${holder.pid}/ns/mnt`, "--"]
  return {
    enter,
    run: (...command) => runCommand(...enter, ...command),
    outside: (path) => `/proc/${holder.pid}/root${path}`
  }
})

/** A file system in memory, of a size that `mount` understands. */
export const mountMemory = (namespace: MountNamespace, folder: string, size: string) =>
  namespace.run("mount", "-t", "tmpfs", "-o", `size=${size}`, "tmpfs", folder)

/** What a passthrough is told: operations that fail, and files whose sync waits. */
export interface Told {
  /** The errno of each operation that fails. */
  readonly faults?: { readonly [operation: string]: number }
  /** A pattern of the files whose sync waits until something else is told. (A rename that waits would lock its folder.) */
  readonly hold?: string
}

/** A folder seen through a file system that fails on purpose. */
export interface Passthrough {
  /** Where the files really lie. */
  readonly backing: string
  /** Where they are seen. */
  readonly folder: string
  readonly tell: (told: Told) => Effect.Effect<void>
  /** Waits until so many syncs were held up. */
  readonly held: (syncCount: number) => Effect.Effect<void>
  /** Takes the mount away; who has files open in it keeps them. */
  readonly unmount: Effect.Effect<void>
  /** Kills the file system; its mount stays. */
  readonly kill: Effect.Effect<void>
}

const count = (lines: ReadonlyArray<string>, word: string): number => lines.filter((line) => line === word).length

/** Mounts a passthrough below `parent`. */
export const mountPassthrough = Effect.fnUntraced(function*(
  namespace: MountNamespace,
  parent: string
): Effect.fn.Return<Passthrough, never, Scope.Scope> {
  const backing = join(parent, "backing")
  const folder = join(parent, "mounted")
  mkdirSync(backing)
  mkdirSync(folder)
  const program = join(import.meta.dirname, "passthrough.py")
  // The system's own interpreter: another Python on the path does not see Debian's modules.
  const child = yield* startChild([...namespace.enter, "/usr/bin/python3", program, backing, folder])
  yield* child.see((lines) => lines.includes("ready") ? lines : undefined)
  return {
    backing,
    folder,
    tell: (told) =>
      Effect.suspend(() => {
        const before = count(child.lines, "set")
        return Effect.asVoid(Effect.andThen(
          child.write(JSON.stringify(told)),
          child.see((lines) => count(lines, "set") > before ? lines : undefined)
        ))
      }),
    held: (syncCount) => Effect.asVoid(child.see((lines) => count(lines, "held") >= syncCount ? lines : undefined)),
    unmount: namespace.run("umount", "--lazy", folder),
    kill: Effect.asVoid(child.kill)
  }
})
