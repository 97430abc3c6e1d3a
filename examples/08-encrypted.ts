/**
 * An encrypted store on files: what it shows to who has the key, what it hides from who has the disk.
 *
 * Every run of the app is a new process with its keys in `HOLDFAST_ENCRYPTION_KEYS`; between the runs this program
 * looks at the files, and does to them what somebody without a key could do. What was found is compared with
 * `encrypted/timeline.txt`, and the exit code is 1 when it differs.
 */
import { Schema } from "effect"
import { execFile } from "node:child_process"
import { randomBytes } from "node:crypto"
import { copyFileSync, globSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { samples, secrets } from "./encrypted/diaries.ts"
import { forge } from "./encrypted/forge.ts"
import { openTimeline } from "./timeline.ts"

const { compareWithGolden, say, tell } = openTimeline(new URL("encrypted/timeline.txt", import.meta.url))

const appFile = fileURLToPath(new URL("encrypted/app.ts", import.meta.url))
const root = mkdtempSync(join(tmpdir(), "holdfast-encrypted-"))

/** A key as `openssl rand -base64 32` makes one. */
const makeKey = (): string => randomBytes(32).toString("base64")

const [first, second, wrong] = [makeKey(), makeKey(), makeKey()]
const keys = {
  first: `k1:${first}`,
  rotated: `k2:${second},k1:${first}`,
  second: `k2:${second}`,
  wrong: `k2:${second},k1:${wrong}`
}

const Saved = Schema.Struct({ receipts: Schema.Array(Schema.String) })
const Counted = Schema.Struct({
  listed: Schema.Array(Schema.String),
  pinned: Schema.Array(Schema.String),
  complete: Schema.Boolean,
  loaded: Schema.Array(Schema.String),
  entries: Schema.Int,
  entriesThere: Schema.Int,
  unreadable: Schema.Array(Schema.String)
})
const Rotated = Schema.Struct({ receipts: Schema.Array(Schema.String), counted: Counted })
const Refused = Schema.Struct({ error: Schema.String, counted: Counted })

/** Runs the app in a process of its own, over the folder `encrypted` where it has keys and `plain` where it has none. */
const run = async <A>(job: string, printed: Schema.Decoder<A>, known?: string): Promise<A> => {
  const folder = join(root, known === undefined ? "plain" : "encrypted")
  const { HOLDFAST_ENCRYPTION_KEYS: _, ...inherited } = process.env
  const env = known === undefined ? inherited : { ...inherited, HOLDFAST_ENCRYPTION_KEYS: known }
  const { stdout } = await promisify(execFile)(process.execPath, [...process.execArgv, appFile, job, folder], { env })
  return Schema.decodeUnknownSync(printed)(JSON.parse(stdout.replaceAll(`${root}/`, "./")))
}

const tellCounted = ({ complete, entries, entriesThere, listed, loaded, pinned, unreadable }: typeof Counted.Type) => {
  tell("listed", `${listed.join(", ")}; the listing is ${complete ? "complete" : "incomplete"}`)
  tell("pinned", pinned.join(", "))
  tell("loaded", `${loaded.join(", ")}, as they were saved`)
  tell("entries", `${entries} of the ${entriesThere} that the listed ones have were read`)
  for (const message of unreadable) tell("unreadable", message)
}

const tellSaved = (folder: string, receipts: ReadonlyArray<string>): void => {
  for (const [receipt, all] of Map.groupBy(receipts, (each) => each)) {
    tell("saved", `${all.length} as files in ./${folder}: ${receipt}`)
  }
}

/** How many of the texts that were saved can be read in the files of a folder by who has no key. */
const foundIn = (folder: string): string => {
  const names = globSync("**/*", { cwd: join(root, folder), withFileTypes: true }).filter((file) => file.isFile())
  const contents = names.map((file) => readFileSync(join(file.parentPath, file.name)))
  const found = secrets.filter((text) => contents.some((content) => content.includes(text)))
  return `${found.length} of ${secrets.length} texts found in the files of ./${folder}`
}

const evening = async (): Promise<void> => {
  say("1. An app saves its sessions, once with the key \"k1\" and once with none.")
  const [encrypted, plain] = await Promise.all([run("save", Saved, keys.first), run("save", Saved)])
  tellSaved("encrypted", encrypted.receipts)
  tellSaved("plain", plain.receipts)

  say("\n2. Somebody looks through the disk.")
  tell("looked", foundIn("plain"))
  tell("looked", foundIn("encrypted"))
  tell("looked", `the names are seen: ${globSync("*/*.json", { cwd: join(root, "encrypted") }).toSorted().join(", ")}`)

  say("\n3. A fresh process that has the key counts.")
  tellCounted(await run("count", Counted, keys.first))
}

const rotation = async (): Promise<void> => {
  say("\n4. The key is rotated: \"k2\" is the current one, \"k1\" is kept. All that was saved before can be read.")
  const rotated = await run("rotate", Rotated, keys.rotated)
  tellCounted(rotated.counted)
  const [alone, misled] = await Promise.all([
    run("count", Counted, keys.second),
    run("overwrite", Refused, keys.wrong)
  ])

  say(`
5. The app saves diary and plans again, which moves their states to "k2", and forks diary, which moves its entries too.
   A fresh process that has "k2" alone counts.`)
  tellSaved("encrypted", rotated.receipts)
  tellCounted(alone)

  say("\n6. A process has a wrong key for \"k1\": what that one wrote is unreadable to it, and is not saved over.")
  tell("refused", misled.error)
  tellCounted(misled.counted)

  say("\n7. A fresh process that has both keys counts.")
  tellCounted(await run("count", Counted, keys.rotated))
}

const attack = async (): Promise<void> => {
  say("\n8. The file of diary is copied over that of letter; a better forger puts what diary holds into plans.")
  const folder = join(root, "encrypted")
  const [diary, plans] = samples
  copyFileSync(join(folder, "ada/diary.json"), join(folder, "ben/letter.json"))
  await forge(folder, diary!.key, plans!.key)
  tellCounted(await run("count", Counted, keys.rotated))
  tell("looked", foundIn("encrypted"))
}

try {
  say(`An encrypted store on files

What is flushed survives a power cut; every save is one file that is renamed into its place.
`)
  await evening()
  await rotation()
  await attack()
  compareWithGolden()
} finally {
  rmSync(root, { recursive: true, force: true })
}
