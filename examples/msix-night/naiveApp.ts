/**
 * The app that lost its users' sessions: a temp file, a rename, and errors that go nowhere.
 *
 * It is written as most apps are. On an ordinary disk it works.
 */
import { Effect, FileSystem, Path } from "effect"
import { samples } from "./sessions.ts"

/** Saves every session the usual way; a failed save is swallowed. Answers how many renames failed. */
export const save = (root: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    let failed = 0
    for (const { cwd, id, namespace, title } of samples) {
      const folder = path.join(root, ...namespace)
      const file = path.join(folder, `${id}.json`)
      yield* fs.makeDirectory(folder, { recursive: true })
      const text = JSON.stringify({ sessionId: id, title, cwd, lastActivityAt: Date.UTC(2026, 10, 22) })
      yield* fs.writeFileString(`${file}.tmp`, text)
      yield* Effect.catch(fs.rename(`${file}.tmp`, file), () => Effect.sync(() => failed++))
    }
    return failed
  })

/** What it does on start: every `.json` under the root; whatever cannot be read is nothing. */
export const load = (root: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const names = yield* Effect.orElseSucceed(fs.readDirectory(root, { recursive: true }), (): Array<string> => [])
    return names.filter((name) => name.endsWith(".json")).length
  })
