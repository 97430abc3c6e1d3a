import { assert, describe, it } from "@effect/vitest"
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

/** Runs a program whose autosave meets a mistake, and gives how it ended. */
const end = async (mistake: string) => {
  const program = fileURLToPath(new URL("promiseMistakes.ts", import.meta.url))
  const args = ["--conditions=@holdfast/source", program, mistake]
  const ended: { code?: number; stdout?: string; stderr?: string } = await promisify(execFile)(process.execPath, args)
    .catch((failure: object) => failure)
  return [ended.code, ended.stdout, /Error: (.*)/.exec(ended.stderr ?? "")?.[1]]
}

describe("what nobody can be told by an autosave", () => {
  it("is an unhandled rejection where a save breaks in the background", async () => {
    assert.deepStrictEqual(await end("adapter"), [1, "failed\n", "the adapter broke"])
  })

  it("is an unhandled rejection where onError throws", async () => {
    assert.deepStrictEqual(await end("onError"), [1, "failed\n", "onError threw"])
  })
})
