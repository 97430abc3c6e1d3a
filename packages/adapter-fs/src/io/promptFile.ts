/**
 * An open file that is written to without the thread pool, and the pace that says when that holds nobody up.
 *
 * Bytes go to the page cache at once where they are few; syncs take the time of the disk and go through the pool.
 * A failure says what Node's own file system would say of the same call. Opening and closing are left to the caller.
 */
import * as Effect from "effect/Effect"
import { type PlatformError, systemError } from "effect/PlatformError"
import * as fs from "node:fs"
import { syncDescriptor, type SyncedKind, truncateDescriptor } from "./durable.ts"
import type { OpenFile } from "./Io.ts"

/** Copying so much from or to the page cache takes as long as the way through the thread pool. */
export const bytesMax = 256 * 1024

// A call that finds what it needs in memory takes microseconds; a disk that has to spin up takes longer than this.
const slowMillis = 50
// An app that is held up for so long notices it at most once in this time.
const pauseMillis = 10_000

/** Lets calls be made at once until one was slow. */
export const makePace = () => {
  let pausedUntil = 0
  return {
    isPrompt: (): boolean => performance.now() >= pausedUntil,
    /** Runs a call, and watches how long it takes. */
    watch: <A>(call: () => A): A => {
      const started = performance.now()
      const result = call()
      const ended = performance.now()
      if (ended - started > slowMillis) pausedUntil = ended + pauseMillis
      return result
    }
  }
}

export type Pace = ReturnType<typeof makePace>

const platformError = (cause: unknown, path: string, syscall: string): PlatformError =>
  systemError({ _tag: "Unknown", module: "FileSystem", method: syscall, pathOrDescriptor: path, syscall, cause })

/** How a file was opened. */
export interface Opened {
  readonly kind: SyncedKind
  /** Whether all is written to the end. */
  readonly appends: boolean
  readonly pace: Pace
}

/** The file behind a descriptor. */
export const openFile = (fd: number, path: string, { appends, kind, pace }: Opened): OpenFile => {
  let position = 0
  const failed = (syscall: string) => (cause: unknown) => platformError(cause, path, syscall)
  const later = (syscall: string, call: (done: (failure: Error | null) => void) => void) =>
    Effect.callback<void, PlatformError>((resume) =>
      call((failure) => resume(failure === null ? Effect.void : Effect.fail(failed(syscall)(failure))))
    )
  const written = (bytes: Uint8Array, count: number): Uint8Array => {
    position += count
    return bytes.subarray(count)
  }
  const place = () => appends ? null : position
  const writeLater = (bytes: Uint8Array): Effect.Effect<void, PlatformError> =>
    Effect.flatMap(
      Effect.callback<number, PlatformError>((resume) =>
        fs.write(fd, bytes, 0, bytes.length, place(), (failure, count) =>
          resume(failure === null ? Effect.succeed(count) : Effect.fail(failed("write")(failure))))
      ),
      (count) =>
        count < bytes.length ? writeLater(written(bytes, count)) : Effect.asVoid(Effect.sync(() =>
          written(bytes, count)
        ))
    )
  return {
    sync: later("fsync", (done) => syncDescriptor(kind, fd, done)),
    seek: (offset) => Effect.sync(() => BigInt(position = Number(offset))),
    truncate: (length = 0) =>
      Effect.try({
        try: () => {
          pace.watch(() => truncateDescriptor(fd, length))
          position = Math.min(position, length)
        },
        catch: failed("ftruncate")
      }),
    writeAll: (bytes) =>
      bytes.length > bytesMax || !pace.isPrompt() ? writeLater(bytes) : Effect.try({
        try: () =>
          pace.watch(() => {
            let rest = bytes
            while (rest.length > 0) rest = written(rest, fs.writeSync(fd, rest, 0, rest.length, place()))
          }),
        catch: failed("write")
      })
  }
}
