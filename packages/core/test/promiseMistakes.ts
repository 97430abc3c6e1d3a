/** A program with a mistake in it: called as `promiseMistakes.ts <adapter | onError>`, it prints the autosave's state and dies. */
import { Effect } from "effect"
import { draft, ioError, openChats, settled, storageWith } from "./promiseStores.ts"

const [mistake] = process.argv.slice(2)

const failure = mistake === "adapter" ? Effect.die(new Error("the adapter broke")) : Effect.fail(ioError("commit"))
const chats = await openChats(storageWith(() => ({ commit: () => failure })))
const autosave = chats.autosave("a", {
  delay: 1,
  onStatus: ({ state }) => {
    if (state === "failed") process.stdout.write(`${state}\n`)
  },
  onError: () => {
    throw new Error("onError threw")
  }
})
autosave.set(draft)
for (;;) await settled()
