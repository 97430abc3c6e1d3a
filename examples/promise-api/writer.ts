/**
 * A process that will be killed: it appends entry after entry, and prints the number of each one that was
 * acknowledged.
 *
 * Called as `writer.ts <folder> <id>`.
 */
import { openDrafts } from "./drafts.ts"

const [folder = "", id = ""] = process.argv.slice(2)

const drafts = await openDrafts(folder)
await drafts.create({ title: "Written until the end", text: "" }, { id })
for (let number = 0;; number++) {
  await drafts.append(id, [{ number }])
  process.stdout.write(`${number}\n`)
}
