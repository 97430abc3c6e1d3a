/**
 * A process of its own that looks what is there, and prints it as JSON: the text's length and the numbers of the entries
 * of each session, and whether the listing was complete.
 *
 * Called as `count.ts <folder>`.
 */
import { openDrafts } from "./drafts.ts"

const [folder = ""] = process.argv.slice(2)

const drafts = await openDrafts(folder)
const { complete, sessions } = await drafts.list()
const found: Record<string, { readonly characters: number; readonly numbers: Array<number> }> = {}
for (const { key } of sessions) {
  const { state } = await drafts.load(key)
  const numbers: Array<number> = []
  for await (const row of drafts.entries(key)) numbers.push(row._tag === "Entry" ? row.entry.number : -1)
  found[key.id] = { characters: state.text.length, numbers }
}
await drafts.close()
console.log(JSON.stringify({ complete, found }))
