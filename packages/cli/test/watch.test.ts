/** Watching a store: its health first, then what is saved and removed, in the order in which it happens. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { join } from "node:path"
import { golden, inFolder, runAnswered, runCli, shownOf } from "./cli.ts"
import { chats, filesWith } from "./stores.ts"

describe("watch", () => {
  it.live("what somebody else saves and removes is told as it happens, after the health of the store", () =>
    inFolder(Effect.fnUntraced(function*(folder) {
      for (const [form, flags] of [["text", []], ["json", ["--json"]]] as const) {
        const directory = join(folder, form)
        yield* filesWith(directory, chats.slice(0, 1))
        const ran = yield* runAnswered(["watch", "--store", directory, "--count", "2", ...flags], [
          [/health/, filesWith(directory, chats.slice(1, 2))],
          [/saved/, runCli(["rm", chats[0]!.key, "--store", directory])]
        ])
        golden(`watch.${form}`, shownOf(directory, ran))
        assert.strictEqual(ran.code, 0)
      }
    })))
})
