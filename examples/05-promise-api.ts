/**
 * A desktop app without Effect: its main process saves while somebody types, quits in order, meets a share that hangs,
 * and loses a process.
 *
 * Every number is counted from what was read back, at last by a process that knows nothing of the others; when one
 * differs from what the text claims, the line says so and the exit code is 1.
 */
import { type AutosaveError, SessionNotFound } from "@holdfast/core/promise"
import { execFile, spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { setTimeout } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { app } from "./promise-api/app.ts"
import { openDeadShare } from "./promise-api/deadShare.ts"
import { openDrafts } from "./promise-api/drafts.ts"

const typed = "The rename inside one folder fails with EXDEV, although both names are on one drive. "

// The writer is killed in the middle of its work, after so many acknowledged entries.
const acknowledgedMin = 25

/** Prints a line of the story, and that it is untrue when it does not hold. */
const tell = (what: string, holds: boolean): void => {
  console.log(`   ${what}`)
  if (holds) return
  console.log("   DIFFERS from what is claimed")
  process.exitCode = 1
}

const writerFile = fileURLToPath(new URL("promise-api/writer.ts", import.meta.url))
const countFile = fileURLToPath(new URL("promise-api/count.ts", import.meta.url))

/** Types, keystroke by keystroke, and quits in the middle of it. */
const evening = async (folder: string): Promise<void> => {
  console.log(`1. Somebody types ${typed.length} characters into a draft, and quits with the last keystroke.`)
  const drafts = await openDrafts(folder)
  const { key, state } = await drafts.create({ title: "Release notes", text: "" }, { id: "draft" })

  const errors: Array<AutosaveError> = []
  let saves = 0
  const autosave = drafts.autosave(key, {
    delay: 60,
    maxWait: 200,
    onError: (error) => errors.push(error),
    onStatus: (status) => {
      if (status.state === "saving") saves += 1
    }
  })

  let isSaved = false
  let prevented = 0
  const saveAndQuit = async () => {
    try {
      await autosave.flush()
      await drafts.close()
      isSaved = true
      app.quit()
    } catch (error) {
      // An app would ask whether to quit all the same.
      tell(`quitting would lose the draft: ${String(error)}`, false)
      app.emit("quit")
    }
  }
  // The process ends when this handler returns, unless it prevents that.
  app.on("before-quit", (event) => {
    if (isSaved) return
    event.preventDefault()
    prevented += 1
    void saveAndQuit()
  })
  const quit = new Promise<void>((resolve) => app.once("quit", resolve))

  for (let length = 1; length <= typed.length; length++) {
    autosave.set({ ...state, text: typed.slice(0, length) })
    await setTimeout(8)
  }
  const savesWhileTyping = saves
  autosave.set({ ...state, text: `${typed}!` })
  const atQuit = autosave.status.state
  app.quit()
  await quit
  tell(
    `autosave wrote ${savesWhileTyping} times for ${typed.length} keystrokes`,
    savesWhileTyping >= 1 && savesWhileTyping <= typed.length / 4
  )
  tell(
    `before-quit found it ${atQuit}, was prevented ${prevented} time, and left it ${autosave.status.state}`,
    atQuit !== "idle" && prevented === 1 && autosave.status.state === "idle"
  )
  const { lastReceipt } = autosave.status
  tell(`last receipt: ${lastReceipt?.durability} by ${lastReceipt?.protocol}`, lastReceipt !== undefined)
  tell(`${errors.length} saves failed`, errors.length === 0)
}

/** Loads from a share that has stopped answering. */
const deadShare = async (folder: string): Promise<void> => {
  console.log("\n2. The folder is on a network share, which has stopped answering.")
  const drafts = await openDeadShare(folder)
  const started = performance.now()
  const name = await drafts.load("draft", { signal: AbortSignal.timeout(150) }).then(
    () => "nothing",
    (error: unknown) => error instanceof DOMException ? error.name : String(error)
  )
  const millis = performance.now() - started
  tell(`the load was given up with a ${name}, and the window did not hang`, name === "TimeoutError" && millis < 2000)
  await drafts.close()
}

/** Kills a process in the middle of its writing. Gives how many of its entries were acknowledged. */
const crash = async (folder: string): Promise<number> => {
  console.log("\n3. A second process appends entries, and is killed in the middle of it.")
  const writer = spawn(process.execPath, [...process.execArgv, writerFile, folder, "log"], {
    stdio: ["ignore", "pipe", "inherit"]
  })
  const closed = new Promise<NodeJS.Signals | null>((resolve) => writer.once("close", (_, signal) => resolve(signal)))
  let acknowledged = 0
  for await (const line of createInterface(writer.stdout)) {
    if (Number(line) === acknowledged) acknowledged += 1
    if (acknowledged === acknowledgedMin) writer.kill("SIGKILL")
  }
  tell(`killed by ${await closed} after ${acknowledged} acknowledged entries`, acknowledged >= acknowledgedMin)
  return acknowledged
}

interface Counted {
  readonly complete: boolean
  readonly found: Readonly<Record<string, { readonly characters: number; readonly numbers: ReadonlyArray<number> }>>
}

/** Looks what is there, in a process of its own. */
const morning = async (folder: string, acknowledged: number): Promise<void> => {
  console.log("\n4. The morning after, a fresh process counts.")
  const args = [...process.execArgv, countFile, folder]
  const { complete, found }: Counted = JSON.parse((await promisify(execFile)(process.execPath, args)).stdout)
  const { draft, log } = found
  tell(`${Object.keys(found).length} sessions, complete: ${complete}`, complete && Object.keys(found).length === 2)
  tell(`${draft?.characters} characters in the draft`, draft?.characters === typed.length + 1)
  const numbers = log?.numbers ?? []
  const isWhole = numbers.every((number, index) => number === index)
  // An entry that was written and not yet acknowledged when the process died may be there as well, or not.
  tell(
    `${numbers.length} entries in the log, in their order; ${acknowledged} were acknowledged`,
    isWhole && (numbers.length === acknowledged || numbers.length === acknowledged + 1)
  )
  const drafts = await openDrafts(folder)
  const missing = await drafts.load("never-saved").catch((error: unknown) => error)
  tell(String(missing), missing instanceof SessionNotFound)
  await drafts.close()
}

const folder = mkdtempSync(join(tmpdir(), "holdfast-promise-api-"))
try {
  console.log(`A desktop app and its drafts, in promises

The folder ${folder} is real, and so are the processes.
`)
  await evening(folder)
  await deadShare(folder)
  await morning(folder, await crash(folder))
  console.log(
    process.exitCode === 1
      ? "\nSomething differs from what is claimed."
      : "\nEvery number above was counted from what was read back."
  )
} finally {
  rmSync(folder, { recursive: true, force: true })
}
