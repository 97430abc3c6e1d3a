/** The verdict on damaged bytes, tried without an adapter: what it lets pass, and what it does not. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { place, quickFolder } from "../kit.ts"
import { damageEnd } from "./damage.ts"
import { judgeKept } from "./verdict.ts"

const file = "acct/local_1.entries.jsonl"

/** A file of two lines, the end of the second one damaged. */
const damaged = Effect.gen(function*() {
  const folder = yield* quickFolder
  place(folder, file, "one\ntwo\n")
  return { folder, damage: damageEnd(folder, file, 2) }
})

describe("damaged bytes", () => {
  for (
    const [what, content] of [
      ["are where they were", "one\ntwo\u000e"],
      ["have something behind them", "one\ntwo\u000ethree\n"],
      ["are what they were before the damage", "one\ntwo\n"],
      ["are what they were before the damage, and more was added", "one\ntwo\nthree\n"]
    ] as const
  ) {
    it.live(`are kept when they ${what}`, () =>
      Effect.gen(function*() {
        const { damage, folder } = yield* damaged
        fs.writeFileSync(path.join(folder, file), content)
        judgeKept(folder, damage)
      }))
  }

  it.live("are kept when they were set aside, among others", () =>
    Effect.gen(function*() {
      const { damage, folder } = yield* damaged
      fs.rmSync(path.join(folder, file))
      place(folder, "lost-found/0.log", "zero\none\ntwo\u000ethree")
      judgeKept(folder, damage)
    }))

  for (
    const [what, content] of [
      ["cut off", "one\ntwo"],
      ["cut off with their line", "one\n"],
      ["replaced by what was not there before", "one\ntwo,"],
      ["joined to the next line", "one\ntwothree\n"]
    ] as const
  ) {
    it.live(`are gone when they are ${what}`, () =>
      Effect.gen(function*() {
        const { damage, folder } = yield* damaged
        fs.writeFileSync(path.join(folder, file), content)
        assert.throws(() => judgeKept(folder, damage), /are gone/)
      }))
  }

  it.live("are gone with their file, and when only a part of them was set aside", () =>
    Effect.gen(function*() {
      const { damage, folder } = yield* damaged
      fs.rmSync(path.join(folder, file))
      assert.throws(() => judgeKept(folder, damage), /are gone/)
      place(folder, "lost-found/0.log", "two\u000e")
      assert.throws(() => judgeKept(folder, damage), /are gone/)
    }))
})
