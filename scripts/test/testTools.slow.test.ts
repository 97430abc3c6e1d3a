// The law of the slow tests' tools: once their set-up has run, every one of them really works.
import { spawnSync } from "node:child_process"
import { expect, test } from "vitest"
import { setup } from "../testTools.ts"

test("the set-up finds nothing left to do", () => {
  expect(setup).not.toThrow()
})

test("strace traces a process", () => {
  const traced = spawnSync("strace", ["-e", "trace=execve", "true"], { encoding: "utf8" })
  expect([traced.status, traced.stderr]).toEqual([0, expect.stringContaining("execve(")])
})

test("the system's Python loads the FUSE binding and its library", () => {
  const loaded = spawnSync("/usr/bin/python3", ["-c", "import fusepy; fusepy.fuse_get_context"], { encoding: "utf8" })
  expect([loaded.status, loaded.stderr]).toEqual([0, ""])
})
