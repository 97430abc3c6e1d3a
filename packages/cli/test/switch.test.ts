/** Switching the store that an app uses from the command line: who serves, what was copied, and the way back. */
import { assert, describe, it } from "@effect/vitest"
import { FsAdapter } from "@holdfast/adapter-fs"
import { SqliteAdapter } from "@holdfast/adapter-sqlite"
import { StorageSwitch } from "@holdfast/core"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { contentOf } from "./brokenApp.ts"
import { golden, goldenRuns, inFolder, runCli, shownOf } from "./cli.ts"
import { chats, filesWith, titlesIn, writeSeeds } from "./stores.ts"

interface Stores {
  readonly directory: string
  readonly files: string
  readonly database: string
  /** The flags that name both. */
  readonly both: ReadonlyArray<string>
}

const withStores = <A, E, R>(test: (stores: Stores) => Effect.Effect<A, E, R>) =>
  inFolder(Effect.fnUntraced(function*(directory) {
    const [files, database] = [join(directory, "sessions"), join(directory, "sessions.db")]
    yield* filesWith(files, chats)
    return yield* test({
      directory,
      files,
      database,
      both: ["--backend", `files=${files}`, "--backend", `db=sqlite:${database}`]
    })
  }))

/** The app: both stores under its names. */
const appOf = ({ database, files }: Stores) =>
  StorageSwitch.layer({
    backends: { files: FsAdapter.layer({ directory: files }), db: SqliteAdapter.layer({ filename: database }) },
    initial: "files",
    followEvery: "20 millis"
  })

describe("switch", () => {
  it.live("without --to the stores are asked which of them serves, and none is made", () =>
    withStores(({ both, database, directory, files }) =>
      Effect.gen(function*() {
        yield* goldenRuns("switch.status", ["switch", ...both], { directory })
        assert.isFalse(existsSync(database))
        assert.lengthOf(yield* titlesIn(files), chats.length)
      })
    ))

  it.live("a switch copies every session, retires the store that served, and can be taken back", () =>
    withStores(({ both, database, directory, files }) =>
      Effect.gen(function*() {
        golden("switch.text", shownOf(directory, yield* runCli(["switch", ...both, "--to", "db"])))
        assert.deepStrictEqual(yield* titlesIn(database), yield* titlesIn(files))
        const refused = yield* runCli(["rm", chats[0]!.key, "--store", files])
        assert.strictEqual(refused.code, 2)
        assert.include(refused.stderr, "which was retired to db")
        yield* goldenRuns("switch.there", ["switch", ...both, "--to", "db"], { directory })
        yield* runCli(["rm", chats[0]!.key, "--store", database])
        golden("switch.json", shownOf(directory, yield* runCli(["switch", ...both, "--to", "files", "--json"])))
        assert.lengthOf(yield* titlesIn(files), chats.length - 1)
      })
    ))

  it.live("an app that runs follows the switch, and what it saved meanwhile is there", () =>
    withStores((stores) =>
      Effect.gen(function*() {
        const app = yield* Layer.build(appOf(stores))
        const { current } = Context.get(app, StorageSwitch)
        const switched = yield* runCli(["switch", ...stores.both, "--to", "db"])
        assert.strictEqual(switched.code, 0, switched.stderr)
        yield* Effect.provide(writeSeeds([{ key: "acct-one/org-a/after", state: { title: "After" } }]), app)
        yield* current.pipe(
          Effect.filterOrFail((name) => name === "db", () => "early"),
          Effect.retry({ schedule: Schedule.spaced("10 millis"), times: 500 })
        )
        assert.include(yield* titlesIn(stores.database), "After")
      })
    ))

  it.live("what cannot be read is left behind only where the user says so, and is named, with all the rest copied", () =>
    withStores(({ both, database, directory, files }) =>
      Effect.gen(function*() {
        yield* runCli(["switch", ...both, "--to", "db"])
        yield* runCli(["switch", ...both, "--to", "files"])
        writeFileSync(join(files, "torn.json"), "{\"sess")
        const log = join(files, `${chats[0]!.key}.entries.jsonl`)
        writeFileSync(log, readFileSync(log, "utf8").replace("hello", "jello"))
        yield* writeSeeds([{ key: "acct-one/org-a/after", state: { title: "After" } }]).pipe(
          Effect.provide(Layer.fresh(FsAdapter.layer({ directory: files })))
        )
        const before = contentOf(join(files, "acct-one"))
        yield* goldenRuns("switch.unreadable", ["switch", ...both, "--to", "db"], { directory })
        const switched = yield* runCli(["switch", ...both, "--to", "db", "--leave-unreadable"])
        golden("switch.left.text", shownOf(directory, switched))
        // The copy that the database had of the damaged session is the last one: it stays.
        assert.deepStrictEqual(
          yield* titlesIn(database),
          [...chats.map(({ state }) => String(state["title"])), "After"].toSorted()
        )
        assert.deepStrictEqual(contentOf(join(files, "acct-one")), before)
      })
    ))

  it.live("names that are wrong change nothing", () =>
    withStores(({ both, database, directory, files }) =>
      Effect.gen(function*() {
        const plain = join(directory, "plain")
        mkdirSync(plain)
        const before = contentOf(plain)
        const runs = [
          ["--backend", `files=${files}`],
          [...both, "--to", "cloud"],
          ["--backend", `db=${files}`, "--backend", `db=${database}`],
          ["--backend", files, "--backend", database]
        ]
        for (const flags of runs) assert.strictEqual((yield* runCli(["switch", ...flags])).code, 64)
        const ran = yield* runCli([
          "switch",
          "--backend",
          `files=${plain}`,
          "--backend",
          `db=${database}`,
          "--to",
          "db"
        ])
        golden("switch.plain.text", shownOf(directory, ran))
        assert.isFalse(existsSync(database))
        assert.deepStrictEqual(contentOf(plain), before)
      })
    ))
})
