/**
 * The night that Holdfast exists for, played on this machine's disk.
 *
 * Every restart below is a new process. Every number is counted from what that process read; when one
 * differs from what the text claims, the line says so and the exit code is 1.
 */
import { Schema } from "effect"
import { execFileSync } from "node:child_process"
import { createHash } from "node:crypto"
import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { samples } from "./msix-night/sessions.ts"

const appFile = fileURLToPath(new URL("msix-night/app.ts", import.meta.url))

/** Runs one app in a process of its own and gives what it printed. */
const run = (...args: ReadonlyArray<string>): unknown =>
  JSON.parse(execFileSync(process.execPath, [...process.execArgv, appFile, ...args], { encoding: "utf8" }))

const Naive = Schema.Struct({ count: Schema.Int })
const Listed = Schema.Struct({ listed: Schema.Int, complete: Schema.Boolean, error: Schema.String })
const Saved = Schema.Struct({ ...Listed.fields, receipts: Schema.Record(Schema.String, Schema.Int) })
const Restarted = Schema.Struct({ ...Listed.fields, intact: Schema.Int })

const naive = (job: string, ...args: ReadonlyArray<string>) =>
  Schema.decodeUnknownSync(Naive)(run("naive", job, ...args)).count
const save = (store: string, folder: string) => Schema.decodeUnknownSync(Saved)(run(store, "save", folder))
const restart = (store: string, folder: string, ...faults: ReadonlyArray<string>) =>
  Schema.decodeUnknownSync(Restarted)(run(store, "list", folder, ...faults))

/** Every file below a folder with a checksum of its bytes. */
const fingerprints = (folder: string, pattern: string): ReadonlyMap<string, string> =>
  new Map(
    globSync(pattern, { cwd: folder }).toSorted().map((name) => [
      name,
      createHash("sha256").update(readFileSync(join(folder, name))).digest("hex")
    ])
  )

const sameFiles = (self: ReadonlyMap<string, string>, that: ReadonlyMap<string, string>): number =>
  [...self].filter(([name, hash]) => that.get(name) === hash).length

/** Prints a line of the story, and that it is untrue when what was read differs from what it claims. */
const teller = (who: string) => (what: string, read: ReadonlyArray<unknown>, claimed: ReadonlyArray<unknown>): void => {
  const holds = JSON.stringify(read) === JSON.stringify(claimed)
  console.log(`   ${who.padEnd(10)} ${what}`)
  if (holds) return
  console.log(`   DIFFERS    read ${JSON.stringify(read)}, claimed ${JSON.stringify(claimed)}`)
  process.exitCode = 1
}

const tellNaive = teller("naive")
const tellHoldfast = teller("Holdfast")
const tellDisk = teller("disk")

const total = samples.length
const root = mkdtempSync(join(tmpdir(), "holdfast-msix-night-"))
const folders = {
  naive: join(root, "naive"),
  files: join(root, "holdfast"),
  sqlite: join(root, "sqlite"),
  memory: join(root, "unused")
}

/** Which receipts a run of saves got, and how many of each. */
const receiptsOf = (saved: typeof Saved.Type): string =>
  Object.entries(saved.receipts).map(([row, count]) => `${count} x (${row})`).join(" and ")

const evening = (): void => {
  console.log(`1. Each app saves ${total} sessions of two accounts.`)
  const failed = naive("save", folders.naive)
  tellNaive(`${failed} of ${total} renames failed with EXDEV; the user was told nothing`, [failed], [total])
  const saved = save("files", folders.files)
  tellHoldfast(`${saved.listed} saved; their receipts: ${receiptsOf(saved)}`, [saved.listed, saved.receipts], [total, {
    "slots, flushed": total
  }])

  console.log("\n2. Both apps are restarted.")
  const loaded = naive("list", folders.naive)
  tellNaive(`"Loaded ${loaded} persisted sessions"`, [loaded], [0])
  tellWhole("listed", restart("files", folders.files))

  console.log("\n3. Both apps are restarted, and now listing a folder fails too: UNKNOWN, scandir.")
  const empty = naive("list", folders.naive, "scandir")
  tellNaive(`"Loaded ${empty} persisted sessions"`, [empty], [0])
  const blind = restart("files", folders.files, "scandir")
  tellHoldfast(
    `${blind.listed} sessions listed from the catalog, complete: ${blind.complete}`,
    [blind.listed, blind.complete, blind.error],
    [total, false, ""]
  )
  tellHoldfast(`${blind.intact} of ${total} loaded by their ids`, [blind.intact], [total])
}

const tellWhole = (what: string, { complete, error, intact, listed }: typeof Restarted.Type): void =>
  tellHoldfast(
    `${listed} sessions ${what}, complete: ${complete}, ${intact} loaded as they were saved`,
    [listed, complete, error, intact],
    [total, true, "", total]
  )

const morning = (): void => {
  console.log("\n4. The morning after: Holdfast opens the naive app's folder, which holds nothing but .json.tmp files.")
  const left = fingerprints(folders.naive, "**/*.json.tmp")
  const finished = fingerprints(folders.naive, "**/*.json").size
  tellDisk(`${left.size} .json.tmp files, ${finished} .json files`, [left.size, finished], [total, 0])
  tellWhole("adopted", restart("files", folders.naive))
  const untouched = sameFiles(left, fingerprints(folders.naive, "**/*.json.tmp"))
  tellDisk(`${untouched} of ${left.size} originals untouched, byte for byte`, [untouched], [total])
  const adopted = fingerprints(folders.naive, "**/*.json")
  const { listed } = restart("files", folders.naive)
  const after = fingerprints(folders.naive, "**/*.json")
  const written = after.size - sameFiles(after, adopted)
  tellHoldfast(`opened again: ${listed} sessions, ${written} files written: nothing is adopted twice`, [
    listed,
    written
  ], [
    total,
    0
  ])

  console.log("\n5. The same program on SQLite, which renames nothing, and on memory: one layer is another one.")
  const sqlite = save("sqlite", folders.sqlite)
  tellHoldfast(`${sqlite.listed} saved; their receipts: ${receiptsOf(sqlite)}`, [sqlite.listed, sqlite.receipts], [
    total,
    { "wal, flushed": total }
  ])
  tellWhole("listed after a restart", restart("sqlite", folders.sqlite))
  const memory = save("memory", folders.memory)
  tellHoldfast(`${memory.listed} saved; their receipts: ${receiptsOf(memory)}`, [memory.listed, memory.receipts], [
    total,
    {
      "memory, volatile": total
    }
  ])
}

try {
  console.log(`One night under MSIX

The folder ${root} is real. Between the apps and it stands a file system
that does what Windows does to some packaged apps: a rename inside one folder fails with EXDEV.
The naive app writes <id>.json.tmp and renames it to <id>.json. The other one uses Holdfast.
`)
  evening()
  morning()
  console.log(
    process.exitCode === 1
      ? "\nSomething differs from what is claimed."
      : "\nEvery number above was counted from what a process read."
  )
} finally {
  rmSync(root, { recursive: true, force: true })
}
