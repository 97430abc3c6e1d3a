/** A recovery that somebody asks for, on a store of its own: all sessions' files are read. */
import * as NodePath from "@effect/platform-node/NodePath"
import type { Adopter, Finding } from "@holdfast/core"
import { Effect, Option, Path } from "effect"
import * as path from "node:path"
import { uncontained } from "../../src/io/errno.ts"
import { makeIo } from "../../src/io/Io.ts"
import { openStore } from "../../src/openStore.ts"
import { recover } from "../../src/recovery/recover.ts"
import { type OpenOptions, realFileSystem } from "../kit.ts"

/** Recovers a store and says what was found. */
export const asked = (directory: string, mode: "inspect" | "apply", options: OpenOptions = {}) =>
  Effect.gen(function*() {
    const io = makeIo(options.fileSystem ?? realFileSystem, "refused")
    const { place, presence } = yield* openStore({ io, path: yield* Path.Path }, {
      directory,
      mustExist: false,
      commit: options.commit ?? "auto",
      compareAndSet: "host",
      environment: uncontained(process.platform)
    }, undefined)
    const adopter: Option.Option<Adopter> = Option.fromUndefinedOr(options.adopt)
    return yield* recover({ place, presence, adopter }, mode, "asked")
  }).pipe(
    Effect.scoped,
    Effect.provide(NodePath.layer)
  )

/** Findings in short: kind, action, whether it was done, and the file's name. */
export const inShort = (findings: ReadonlyArray<Finding>) =>
  findings.map(({ action, applied, kind, place }) => [kind, action, applied, path.basename(place)] as const)

/** Findings in short, for those that act. */
export const acts = (findings: ReadonlyArray<Finding>) => inShort(findings.filter(({ action }) => action !== "none"))
