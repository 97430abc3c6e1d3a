/** What a program loads that has one storage: nothing of what it does not use. */
import { describe, expect, it } from "@effect/vitest"
import { execFile } from "node:child_process"
import { promisify } from "node:util"

/** The addresses of all modules that a process has loaded which imports some and ends. */
const loadedBy = async (...specifiers: ReadonlyArray<string>): Promise<ReadonlyArray<string>> => {
  const program = `
    import { registerHooks } from "node:module"
    const loaded = []
    registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context) } })
    for (const specifier of ${JSON.stringify(specifiers)}) await import(specifier)
    console.log(JSON.stringify(loaded))`
  const options = ["--conditions=@holdfast/source", "--input-type=module", "--eval", program]
  const { stdout } = await promisify(execFile)(process.execPath, options, { cwd: import.meta.dirname })
  return JSON.parse(stdout) as ReadonlyArray<string>
}

const composition =
  /\/core\/src\/(?:config|keyValueStore|policy\/fallback|policy\/encryption|promise|switching|testing)\//
const rarelyUsed = /\/effect\/dist\/(?:Config|ConfigProvider|persistence\/.*|index)\.js$/

describe("what is loaded", () => {
  it.each([
    ["@holdfast/core/port"],
    ["@holdfast/core/store"],
    ["@holdfast/core/store", "@holdfast/adapter-fs"],
    ["@holdfast/core/store", "@holdfast/adapter-memory"],
    ["@holdfast/core/store", "@holdfast/adapter-sqlite"]
  ].map((specifiers) => ({ names: specifiers.join(" and "), specifiers })))(
    "whoever imports $names loads no policies, no configuration and nothing of Effect's persistence",
    async ({ specifiers }) => {
      const loaded = await loadedBy(...specifiers)
      expect(loaded.filter((url) => composition.test(url) || rarelyUsed.test(url))).toEqual([])
      expect(loaded.some((url) => url.endsWith("/core/src/port/StorageAdapter.ts"))).toBe(true)
    }
  )

  it("whoever imports the whole core loads the policies, which shows that they would be seen", async () => {
    expect((await loadedBy("@holdfast/core")).some((url) => composition.test(url))).toBe(true)
  })
})
