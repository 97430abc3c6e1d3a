/**
 * A file system that keeps a record of the calls that succeeded, in their order.
 *
 * A test reads from it whether a file was synced after its last write, and its folder after its last
 * change of names, before a save was acknowledged.
 */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import { type FileCall, interceptFileSystem } from "./intercept.ts"

/** The calls so far; a test may add marks of its own, or clear it. */
export type Recording = Array<FileCall>

/** Records the calls to a file system. */
export const make = (fileSystem: FileSystem.FileSystem, recording: Recording): FileSystem.FileSystem =>
  interceptFileSystem(fileSystem, (call, effect) => Effect.tap(effect, () => Effect.sync(() => recording.push(call))))

/** Records the calls to the file system below. */
export const layer = (recording: Recording): Layer.Layer<FileSystem.FileSystem, never, FileSystem.FileSystem> =>
  Layer.effect(FileSystem.FileSystem, Effect.map(FileSystem.FileSystem, (fileSystem) => make(fileSystem, recording)))
