/**
 * What the store's place can do, found out by trying, for reports to people.
 *
 * Nothing is left behind: the write that is tried is rolled back. A check that fails is in the report.
 * What a store makes of the facts is decided elsewhere, when it is opened.
 */
import { type ProbeCheck, remoteFileSystem } from "@holdfast/core/port"
import * as Effect from "effect/Effect"
import type { Database } from "./Database.ts"
import { type EnvironmentFacts, hasWalResetBug } from "./environment.ts"
import { prepare } from "./statements.ts"

type Checked = Pick<ProbeCheck, "outcome" | "detail">

const works = (detail: string): Checked => ({ outcome: "works", detail })
const fails = (detail: string): Checked => ({ outcome: "fails", detail })

/** Tries the checks of a database, in the order in which one rests on the other. */
export const probeDatabase = Effect.fnUntraced(function*(
  database: Database,
  facts: EnvironmentFacts
): Effect.fn.Return<ReadonlyArray<ProbeCheck>> {
  const { path } = database.options
  const attempt = (what: string, run: Parameters<typeof database.read<string>>[0]) =>
    Effect.map(
      Effect.match(database.read(run), { onSuccess: works, onFailure: (reason) => fails(reason.message) }),
      (checked): ProbeCheck => ({ name: what, place: path, ...checked })
    )
  const known = (what: string, checked: Checked): ProbeCheck => ({ name: what, place: path, ...checked })
  const remote = remoteFileSystem(facts)
  return [
    known("local file system", remote === undefined ? works(facts.folder) : fails(remote)),
    known(
      "SQLite without the WAL-reset bug",
      hasWalResetBug(facts.sqliteVersion) ? fails(facts.sqliteVersion) : works(facts.sqliteVersion)
    ),
    yield* attempt("open", ({ journal }) => `journal ${journal}`),
    yield* attempt("flushed commits", ({ database: open }) => {
      const { synchronous } = prepare<{ readonly synchronous: number }>(open, "PRAGMA synchronous").get()!
      return `synchronous ${synchronous}`
    }),
    yield* attempt("write lock", ({ statements }) => {
      statements.begin.run()
      statements.rollback.run()
      return "taken and given back"
    })
  ]
})
