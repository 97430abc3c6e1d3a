/** The commands about single sessions, over a store of files that an app wrote. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { golden, goldenRuns, inFolder, runCli, shownOf } from "./cli.ts"
import { chats, filesWith } from "./stores.ts"

const withStore = <A, E, R>(test: (directory: string) => Effect.Effect<A, E, R>) =>
  inFolder((folder) => {
    const directory = join(folder, "sessions")
    return Effect.andThen(filesWith(directory, chats), test(directory))
  })

/** Every file of a folder with its bytes and its time. */
const filesOf = (directory: string) =>
  readdirSync(directory, { recursive: true, encoding: "utf8" }).toSorted().flatMap((name) => {
    const stats = statSync(join(directory, name))
    return stats.isFile() ? [[name, stats.mtimeMs, readFileSync(join(directory, name), "latin1")]] : []
  })

describe("ls", () => {
  it.live("the newest session is listed first, with its key, time, entries and summary", () =>
    withStore((directory) => goldenRuns("ls", ["ls", "--store", directory], { directory })))

  it.live("a limit says that there are more", () =>
    withStore((directory) => goldenRuns("ls.limit", ["ls", "--store", directory, "--limit", "1"], { directory })))

  it.live("a namespace, a kind and conditions on the summary select sessions", () =>
    withStore((directory) =>
      Effect.gen(function*() {
        const idsOf = Effect.fnUntraced(function*(...flags: ReadonlyArray<string>) {
          const ran = yield* runCli(["ls", "--store", directory, "--json", ...flags])
          return (JSON.parse(ran.stdout) as { sessions: ReadonlyArray<{ id: string }> }).sessions.map(({ id }) => id)
        })
        assert.deepStrictEqual(yield* idsOf("--namespace", "acct-one"), ["local_1", "local_2"])
        assert.deepStrictEqual(yield* idsOf("--kind", "Note"), ["local_3"])
        assert.deepStrictEqual(yield* idsOf("--where", "title=Draft"), ["local_3"])
        assert.deepStrictEqual(yield* idsOf("--where", "title~THE", "--limit", "1"), ["local_2"])
        assert.deepStrictEqual(yield* idsOf("--order", "id", "--limit", "0"), ["local_1", "local_2", "local_3"])
        assert.deepStrictEqual(yield* idsOf("--where", "title=nothing"), [])
      })
    ))

  it.live("on a narrow screen every session is a block, and no id is cut", () =>
    withStore((directory) =>
      Effect.gen(function*() {
        const ran = yield* runCli(["ls", "--store", directory], { screen: { width: 40 } })
        assert.include(ran.stdout, "acct-one/org-a/local_1\n  updated: 2026-11-20 11:57:00Z\n")
      })
    ))

  it.live("colours are for screens that take them", () =>
    withStore((directory) =>
      Effect.gen(function*() {
        const plain = yield* runCli(["ls", "--store", directory])
        const painted = yield* runCli(["ls", "--store", directory], { screen: { hasColors: true } })
        assert.notInclude(plain.stdout, "\u001b")
        assert.include(painted.stdout, "\u001b[1mSESSION")
      })
    ))

  it.live("what cannot be read is listed with its reason, and the run asks for attention", () =>
    withStore((directory) =>
      Effect.gen(function*() {
        appendFileSync(join(directory, "acct-one/org-a/local_1.json"), "!")
        writeFileSync(join(directory, "acct-one/org-a/other.json"), "{}")
        const { text } = yield* goldenRuns("ls.unreadable", ["ls", "--store", directory], { directory })
        assert.strictEqual(text.code, 1)
      })
    ))

  it.live("looking writes nothing, also where a session could be brought back", () =>
    withStore((directory) =>
      Effect.gen(function*() {
        writeFileSync(join(directory, "acct-one/org-a/left.json.tmp"), "{\"title\":\"left\"}")
        const before = filesOf(directory)
        for (const command of [["ls"], ["show", "local_1"], ["verify"]]) {
          yield* runCli([...command, "--store", directory])
        }
        assert.deepStrictEqual(filesOf(directory), before)
      })
    ))

  it.live("the environment names the store where no flag does", () =>
    withStore((directory) =>
      Effect.gen(function*() {
        const ran = yield* runCli(["ls", "--json"], { env: { HOLDFAST_STORE: `fs:${directory}` } })
        assert.strictEqual(ran.code, 0)
        assert.lengthOf(JSON.parse(ran.stdout).sessions, 3)
      })
    ))

  it.live("a folder that is not there is said to be so, and not made", () =>
    withStore((directory) =>
      Effect.gen(function*() {
        rmSync(directory, { recursive: true })
        const { text } = yield* goldenRuns("ls.missing", ["ls", "--store", directory], { directory })
        assert.strictEqual(text.code, 2)
        assert.throws(() => statSync(directory))
      })
    ))
})

describe("show", () => {
  it.live("a session is shown with its state and its newest entries", () =>
    withStore((directory) =>
      goldenRuns("show", ["show", "acct-one/org-a/local_1", "--store", directory], { directory })
    ))

  it.live("an id alone is enough where one session has it", () =>
    withStore((directory) =>
      Effect.gen(function*() {
        const ran = yield* runCli(["show", "local_3", "--store", directory, "--entries", "0", "--json"])
        assert.deepStrictEqual(JSON.parse(ran.stdout).namespace, ["acct-two", "org-a"])
      })
    ))

  it.live("an id that several sessions have is refused, with all of them", () =>
    withStore((directory) =>
      Effect.gen(function*() {
        yield* filesWith(directory, [{ key: "acct-two/org-b/local_3", state: { title: "Other" } }])
        yield* goldenRuns("show.several", ["show", "local_3", "--store", directory], { directory })
      })
    ))

  it.live("a session that is not there is a failure that says what to do", () =>
    withStore((directory) =>
      goldenRuns("show.missing", ["show", "acct-one/local_9", "--store", directory], { directory })
    ))

  it.live("an entry that is damaged is shown as such, and the others as they are", () =>
    withStore((directory) =>
      Effect.gen(function*() {
        const log = join(directory, "acct-one/org-a/local_1.entries.jsonl")
        writeFileSync(log, readFileSync(log, "utf8").replace("hello", "jello"))
        const { text } = yield* goldenRuns("show.damaged", ["show", "local_1", "--store", directory], { directory })
        assert.strictEqual(text.code, 1)
      })
    ))
})

describe("rm", () => {
  it.live("removed sessions are not listed, and the others are", () =>
    withStore((directory) =>
      Effect.gen(function*() {
        const ran = yield* runCli(["rm", "local_1", "acct-one/org-b/local_2", "--store", directory])
        golden("rm.text", shownOf(directory, ran))
        const left = yield* runCli(["ls", "--store", directory, "--json"])
        assert.deepStrictEqual(JSON.parse(left.stdout).sessions.map(({ id }: { id: string }) => id), ["local_3"])
        golden("rm.json", shownOf(directory, yield* runCli(["rm", "local_3", "--store", directory, "--json"])))
      })
    ))

  it.live("a removal that fails halfway says what was removed", () =>
    withStore((directory) =>
      Effect.gen(function*() {
        const { text } = yield* goldenRuns("rm.halfway", ["rm", "local_1", "local_9", "--store", directory], {
          directory
        })
        assert.strictEqual(text.code, 3)
      })
    ))
})

describe("a folder that is no store", () => {
  it.live("is not made one by a command that changes sessions", () =>
    withStore((directory) =>
      Effect.gen(function*() {
        const plain = `${directory}-plain`
        mkdirSync(plain)
        for (const command of [["rm", "a"], ["fork", "a"], ["watch", "--count", "1"], ["purge", "a"]]) {
          const ran = yield* runCli([...command, "--store", plain])
          assert.strictEqual(ran.code, 2, ran.stderr)
        }
        assert.deepStrictEqual(filesOf(plain), [])
      })
    ))
})

describe("purge", () => {
  it.live("of a purged session no file holds anything, and a second purge erases nothing", () =>
    withStore((directory) =>
      Effect.gen(function*() {
        const former = readFileSync(join(directory, "acct-one/org-a/local_1.json"))
        yield* runCli(["rm", "local_1", "--store", directory])
        // A store whose renames were refused for a while has an older copy beside it.
        writeFileSync(join(directory, "acct-one/org-a/local_1.alt.json"), former)
        const flags = ["purge", "acct-one/org-a/local_1", "--store", directory]
        golden("purge.text", shownOf(directory, yield* runCli(flags)))
        golden("purge.json", shownOf(directory, yield* runCli([...flags, "--json"])))
        const bytes = filesOf(directory).map(([, , content]) => content).join("")
        assert.notInclude(bytes, "Fix EXDEV")
        assert.notInclude(bytes, "hello")
      })
    ))

  it.live("a session that is there is refused", () =>
    withStore((directory) =>
      Effect.gen(function*() {
        yield* goldenRuns("purge.there", ["purge", "acct-one/org-a/local_1", "--store", directory], { directory })
        yield* runCli(["rm", "local_3", "--store", directory])
        const keys = ["acct-two/org-a/local_3", "acct-one/org-a/local_1"]
        const halfway = yield* runCli(["purge", ...keys, "--store", directory])
        assert.strictEqual(halfway.code, 3)
        assert.include(halfway.stderr, "Changed: 1 session named before it: what was left of them is erased.")
      })
    ))
})

describe("fork", () => {
  it.live("a fork has the state and the entries, and a life of its own", () =>
    withStore((directory) =>
      Effect.gen(function*() {
        const flags = ["fork", "local_1", "--store", directory, "--id"]
        golden("fork.text", shownOf(directory, yield* runCli([...flags, "local_4"])))
        golden("fork.json", shownOf(directory, yield* runCli([...flags, "local_5", "--json"])))
        golden("fork.there.text", shownOf(directory, yield* runCli([...flags, "local_4"])))
        yield* runCli(["rm", "local_1", "--store", directory])
        const ran = yield* runCli(["show", "local_4", "--store", directory, "--json"])
        const { entries, state } = JSON.parse(ran.stdout)
        assert.deepStrictEqual(state, chats[0]!.state)
        assert.deepStrictEqual(entries.map(({ entry }: { entry: unknown }) => entry), chats[0]!.entries)
      })
    ))
})

describe("verify", () => {
  it.live("a store of which everything can be read is sound", () =>
    withStore((directory) => goldenRuns("verify", ["verify", "--store", directory], { directory })))

  it.live("damage is told by session and by file", () =>
    withStore((directory) =>
      Effect.gen(function*() {
        const log = join(directory, "acct-one/org-a/local_1.entries.jsonl")
        writeFileSync(log, readFileSync(log, "utf8").replace("hello", "jello"))
        appendFileSync(join(directory, "acct-two/org-a/local_3.json"), "!")
        const { text } = yield* goldenRuns("verify.damaged", ["verify", "--store", directory], { directory })
        assert.strictEqual(text.code, 1)
      })
    ))

  it.live("progress is shown on a terminal, and not to whoever wants quiet", () =>
    withStore((directory) =>
      Effect.gen(function*() {
        const shown = yield* runCli(["verify", "--store", directory], { screen: { showsProgress: true } })
        const quiet = yield* runCli(["verify", "--quiet", "--store", directory], { screen: { showsProgress: true } })
        assert.include(shown.terminal, "verifying sessions: 1/3 (33 %)")
        assert.isTrue(shown.terminal.endsWith("\r\u001b[2K"))
        assert.strictEqual(quiet.terminal, "")
      })
    ))
})
