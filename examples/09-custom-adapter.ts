/**
 * An adapter of one's own: sessions in Web Storage, the `localStorage` of browsers, in under 200 lines of code.
 *
 * `custom-adapter/WebStorageAdapter.ts` is the adapter, `harness.ts` beside it is what the conformance kit asks of who
 * wrote one. Here the whole kit runs over it, then a small app, every step in a process of its own on Node's own
 * `localStorage`. What they print is compared with `custom-adapter/timeline.txt`; the exit code is 1 when it differs,
 * and when a law is broken.
 */
import { Schema } from "effect"
import { execFile } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { openTimeline } from "./timeline.ts"

const programs = {
  adapter: fileURLToPath(new URL("custom-adapter/WebStorageAdapter.ts", import.meta.url)),
  laws: fileURLToPath(new URL("custom-adapter/laws.ts", import.meta.url)),
  notes: fileURLToPath(new URL("custom-adapter/notes.ts", import.meta.url))
}

const { compareWithGolden, say, tell } = openTimeline(new URL("custom-adapter/timeline.txt", import.meta.url))

const folder = mkdtempSync(join(tmpdir(), "holdfast-custom-adapter-"))

/** Runs a program with a `localStorage` of its own, and reads what it printed. */
const run = async <A>(program: "laws" | "notes", printed: Schema.Decoder<A>, ...args: ReadonlyArray<string>) => {
  const { stderr, stdout } = await promisify(execFile)(process.execPath, [
    ...process.execArgv,
    "--experimental-webstorage",
    `--localstorage-file=${join(folder, program)}`,
    "--disable-warning=ExperimentalWarning",
    programs[program],
    ...args
  ])
  process.stderr.write(stderr)
  return Schema.decodeUnknownSync(printed)(JSON.parse(stdout))
}

const Checked = Schema.Struct({
  kept: Schema.Int,
  notApplicable: Schema.Array(Schema.Tuple([Schema.Int, Schema.String])),
  broken: Schema.Array(Schema.String)
})
const Saved = Schema.Struct({ receipts: Schema.Array(Schema.String), error: Schema.String })
const Counted = Schema.Struct({
  listed: Schema.Array(Schema.String),
  complete: Schema.Boolean,
  unreadable: Schema.Array(Schema.String),
  intact: Schema.Int
})
const Troubled = Schema.Struct({ error: Schema.String, counted: Counted })
const Trouble = Schema.Struct({ full: Troubled, damaged: Troubled })

const runApp = async () => ({
  saved: await run("notes", Saved, "save"),
  counted: await run("notes", Counted, "count"),
  trouble: await run("notes", Trouble, "trouble")
})

/** How many lines of a program are neither empty nor a comment. */
const codeLinesIn = (program: string): number =>
  readFileSync(program, "utf8").split("\n").filter((line) => !/^\s*(\/\/|\/?\*|$)/.test(line)).length

const tellCounted = ({ complete, intact, listed, unreadable }: typeof Counted.Type): void => {
  tell("listed", `${listed.join(", ")}; the listing is ${complete ? "complete" : "incomplete"}`)
  for (const message of unreadable) tell("unreadable", message)
  tell("loaded", `${intact} as they were saved, with their comments`)
}

const tellKit = ({ broken, kept, notApplicable }: typeof Checked.Type): void => {
  say("\n1. The conformance kit runs over it.")
  tell("laws", `${kept} kept`)
  for (const [count, reason] of notApplicable) tell("laws", `${count} not applicable: ${reason}`)
  tell("laws", `${broken.length} broken${broken.map((id) => `, ${id}`).join("")}`)
  if (broken.length > 0) process.exitCode = 1
}

const tellApp = ({ counted, saved, trouble: { damaged, full } }: Awaited<ReturnType<typeof runApp>>): void => {
  say(`
2. A page saves notes, and one more as an app that wants more than the adapter promises.
   What is buffered survives the page and the browser, not surely a power cut.`)
  for (const [receipt, all] of Map.groupBy(saved.receipts, (each) => each)) {
    tell("saved", `${all.length} in ${receipt}`)
  }
  tell("refused", saved.error)

  say("\n3. A fresh process counts.")
  tellCounted(counted)

  say("\n4. Other items have used up what a site may store. The app saves a longer note.")
  tell("refused", full.error)
  tellCounted(full.counted)

  say("\n5. Another script of the site writes over the item of a note. The app saves that note.")
  tell("refused", damaged.error)
  tellCounted(damaged.counted)
}

try {
  const size = codeLinesIn(programs.adapter)
  say(`An adapter for Web Storage, in ${size < 200 ? "under 200" : size} lines of code`)
  const [checked, seen] = await Promise.all([run("laws", Checked), runApp()])
  tellKit(checked)
  tellApp(seen)
  compareWithGolden()
} finally {
  rmSync(folder, { recursive: true, force: true })
}
