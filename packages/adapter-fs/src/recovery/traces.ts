/**
 * Traces of a key: every file of a store that may hold something of one session, found by name and content.
 *
 * Names are looked for in the key's own folder; what was copied to another one, or written by another program,
 * is found too and told apart, since it is not the session's own.
 */
import { keyText, type Reason, type Version } from "@holdfast/core/port"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { walk } from "../catalog/walk.ts"
import { type Place, readReason, slotPath, type Target } from "../commit/Place.ts"
import { directoryReasonOf, isMissing } from "../io/errno.ts"
import { parseDocument } from "../layout/envelope.ts"
import { roleOf } from "../layout/files.ts"
import { beginningOf } from "./content.ts"
import { foreignPlaces } from "./lookForeign.ts"

/** A temporary file of ours; its version where it is a whole document of the key. */
export interface OwnTemp {
  readonly path: string
  readonly version: Option.Option<Version>
}

/** The files of a key beside its two names. */
export interface OwnFiles {
  readonly segments: ReadonlyArray<string>
  readonly temps: ReadonlyArray<OwnTemp>
}

const readIfThere = (place: Place, path: string): Effect.Effect<Option.Option<Uint8Array>, Reason> =>
  Effect.asSome(place.io.readFile(path)).pipe(
    Effect.catchIf(isMissing, () => Effect.succeedNone),
    Effect.mapError(readReason(place))
  )

const readTemp = (target: Target, path: string): Effect.Effect<OwnTemp, Reason> =>
  Effect.map(readIfThere(target.place, path), (bytes) => {
    const parsed = Option.map(bytes, parseDocument)
    const version = Option.flatMap(
      parsed,
      (found) =>
        found._tag === "Document" && keyText(found.document.key) === target.keyText
          ? Option.some(found.document.version)
          : Option.none()
    )
    return { path, version }
  })

/** The log segments and temporary files in the key's folder that have its name. */
export const filesOf = Effect.fnUntraced(function*(target: Target): Effect.fn.Return<OwnFiles, Reason> {
  const { folder, place, stem } = target
  const names = yield* place.io.readDirectory(folder).pipe(
    Effect.catchIf(isMissing, () => Effect.succeed<ReadonlyArray<string>>([])),
    Effect.mapError((failure) => directoryReasonOf(failure, place.environment))
  )
  const named = names.flatMap((name) => {
    const role = roleOf(name)
    return "stem" in role && role.stem === stem ? [{ path: place.path.join(folder, name), role: role._tag }] : []
  })
  const temps = named.filter(({ path, role }) => role === "Temp" && !place.memory.temps.has(path))
  return {
    segments: named.filter(({ role }) => role === "Segment").map(({ path }) => path),
    temps: yield* Effect.forEach(temps, ({ path }) => readTemp(target, path))
  }
})

/** Another program's files of this key. */
export const sourcesOf = (target: Target): Effect.Effect<ReadonlyArray<string>> =>
  Effect.filter(
    foreignPlaces(target).filter((path) => path !== slotPath(target, "main")),
    (path) => Effect.isSuccess(target.place.io.stat(path))
  )

/** Files of other folders that hold a document of this key: somebody copied the folder, or moved the file. */
export const copiesElsewhere = Effect.fnUntraced(function*(
  target: Target
): Effect.fn.Return<ReadonlyArray<string>, Reason> {
  const { folder, place, stem } = target
  const copies: Array<string> = []
  for (const scan of yield* walk(place, [])) {
    if (scan._tag !== "Folder" || scan.path === folder) continue
    for (const { name, role } of scan.files) {
      if (!("stem" in role) || role.stem !== stem) continue
      const path = place.path.join(scan.path, name)
      const bytes = yield* Effect.option(place.io.readFile(path))
      const beginning = Option.flatMap(bytes, beginningOf)
      if (Option.exists(beginning, ({ key }) => keyText(key) === target.keyText)) copies.push(path)
    }
  }
  return copies
})
