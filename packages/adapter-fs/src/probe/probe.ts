/**
 * The probe: what the store's folder can do, found out by doing it.
 *
 * It makes files of its own with names that nobody else uses, and removes them. A check that fails is in
 * the report with its code; the probe itself never fails. Names and device numbers prove nothing: a
 * rename inside one folder may be refused as crossing devices.
 */
import { type ProbeCheck, randomId } from "@holdfast/core"
import * as Effect from "effect/Effect"
import type { Path } from "effect/Path"
import { removeFile, renameOver, syncDirectory, writeNew } from "../io/durable.ts"
import type { Io, IoFailure } from "../io/Io.ts"
import { probePrefix } from "../layout/files.ts"

const works = (name: string, place: string): ProbeCheck => ({ name, place, outcome: "works", detail: "" })

const failed = (name: string, place: string) => (failure: IoFailure): ProbeCheck => ({
  name,
  place,
  outcome: "fails",
  detail: failure.code
})

const notTried = (name: string, place: string, detail: string): ProbeCheck => ({
  name,
  place,
  outcome: "notTried",
  detail
})

const check = (name: string, place: string, effect: Effect.Effect<unknown, IoFailure>): Effect.Effect<ProbeCheck> =>
  Effect.match(effect, { onFailure: failed(name, place), onSuccess: () => works(name, place) })

const content = new TextEncoder().encode("probe\n")

/** Tries a folder: exclusive create with sync, rename to a new name and over a file, sync of the folder, listing. */
export const probeFolder = Effect.fnUntraced(function*(io: Io, path: Path, folder: string) {
  const file = (part: string) => path.join(folder, `${probePrefix}${id}.${part}`)
  const id = randomId()
  const first = file("a")
  const second = file("b")
  const third = file("c")

  const write = yield* check("write", folder, writeNew(io, first, content))
  const canWrite = write.outcome === "works"
  const rename = canWrite
    ? yield* check(
      "rename",
      folder,
      renameOver(io, first, second).pipe(
        Effect.andThen(writeNew(io, third, content)),
        Effect.andThen(renameOver(io, third, second))
      )
    )
    : notTried("rename", folder, "no file can be written")
  const sync = yield* check("syncFolder", folder, syncDirectory(io, folder))
  const list = yield* check("list", folder, io.readDirectory(folder))
  // Some are gone already: which ones depends on what worked.
  yield* Effect.forEach([first, second, third], (made) => Effect.exit(removeFile(io, made)), { discard: true })
  return [write, rename, sync, list]
})

/** Whether the checks say that a name worked. */
export const didWork = (checks: ReadonlyArray<ProbeCheck>, name: string): boolean =>
  checks.some((check) => check.name === name && check.outcome === "works")

/** Whether the checks say that something was tried and refused. A file that is gone was not refused: somebody cleared it away. */
export const wasRefused = (checks: ReadonlyArray<ProbeCheck>, name: string): boolean =>
  checks.some((check) => check.name === name && check.outcome === "fails" && check.detail !== "ENOENT")
