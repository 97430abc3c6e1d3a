/**
 * Which store a command means: a URL, or the path of a folder or a database, as people type it.
 *
 * A path is taken for a URL only where it begins with a scheme of more than one letter, so `C:\sessions` is a path. What
 * was said is checked before anything is opened.
 */
import { StorageUrl } from "@holdfast/core"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { exitCodes } from "../exitCode.ts"
import { CliFailure } from "../output/CliFailure.ts"

const hasScheme = /^\s*[a-z][a-z0-9+.-]+:/i
const isDatabaseName = /\.(db|sqlite3?)$/i

const isFile = Effect.fnUntraced(function*(path: string) {
  const fileSystem = yield* FileSystem.FileSystem
  const info = yield* Effect.option(fileSystem.stat(path))
  return Option.exists(info, ({ type }) => type === "File")
})

/** A URL that is wrong, as a command tells it. */
export const invalidUrl = ({ message }: StorageUrl.InvalidStorageUrl): CliFailure =>
  new CliFailure({
    code: "InvalidStorageUrl",
    what: message,
    advice: "A store is named by the path of its folder, or like fs:./sessions and sqlite:./sessions.db.",
    exit: exitCodes.usage
  })

/** What a text names. */
export const storeOf = Effect.fnUntraced(function*(
  text: string
): Effect.fn.Return<StorageUrl.Parsed, CliFailure, FileSystem.FileSystem> {
  if (hasScheme.test(text)) return yield* Effect.mapError(Effect.fromResult(StorageUrl.parse(text)), invalidUrl)
  const scheme = isDatabaseName.test(text) || (yield* isFile(text)) ? "sqlite" : "fs"
  return yield* Effect.mapError(Effect.fromResult(StorageUrl.make([{ scheme, path: text }])), invalidUrl)
})

/** What the flag says, or the failure of a command that was told no store. */
export const requireStore = (given: Option.Option<string>): Effect.Effect<string, CliFailure> =>
  Option.match(given, {
    onSome: (text) => Effect.succeed(text),
    onNone: () =>
      Effect.fail(
        new CliFailure({
          code: "NoStore",
          what: "no store was named",
          advice: "Name it with --store, by the path of its folder or as fs:./sessions or sqlite:./sessions.db, " +
            "or set HOLDFAST_STORE.",
          exit: exitCodes.usage
        })
      )
  })

/** A URL with options added to its stores of some schemes. */
export const withOptions = (
  url: StorageUrl.Parsed,
  added: { readonly [scheme: string]: { readonly [option: string]: string } }
): StorageUrl.Parsed => {
  const stores = url.stores.map(({ options, path, scheme }) => ({
    scheme,
    path,
    options: { ...added[scheme], ...Object.fromEntries(options.map(({ name, value }) => [name, value])) }
  }))
  return Result.getOrElse(StorageUrl.make(stores), () => url)
}

/** The URL of another place, with the options of the first store of a URL. */
export const movedTo = (url: StorageUrl.Parsed, path: string): StorageUrl.Parsed => {
  const stores = url.stores.slice(0, 1).map(({ options, scheme }) => ({
    scheme,
    path,
    options: Object.fromEntries(options.map(({ name, value }) => [name, value]))
  }))
  return Result.getOrElse(StorageUrl.make(stores), () => url)
}
