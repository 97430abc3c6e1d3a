/** Logs in which a line is not one whole record: what of them counts. */
import { assert, describe, it } from "@effect/vitest"
import { encodeLine } from "../../src/layout/entryLine.ts"
import { emptyLog, foldLog, indexOf, type LogState } from "../../src/layout/logFold.ts"
import { batchBytes, batchLines, commitId, logOf, unsettled } from "./logs.ts"

const start = emptyLog(0, 0)

/** What a log counts: the number of each entry, or that it is damaged. */
const counted = (state: LogState) =>
  state.lines.map((line) =>
    line._tag === "Damage" ? "damage" : (JSON.parse(line.line.entry) as { number: number }).number
  )

const numbers = (count: number) => Array.from({ length: count }, (_, number) => number)

describe("a last line without its line end", () => {
  const bytes = logOf(1, 3)
  const open = bytes.subarray(0, bytes.length - 1)

  for (
    const [what, tail] of [
      ["nothing", []],
      ["another byte", [0x0b]],
      ["NULs", [0, 0, 0, 0]],
      ["another byte and NULs", [0x1a, 0, 0]]
    ] as const
  ) {
    it(`counts when it is whole and ends its batch, with ${what} in its place`, () => {
      const state = foldLog(start, Buffer.concat([open, Buffer.from(tail)]), unsettled)
      assert.deepStrictEqual([counted(state), state.end, state.isOpen], [numbers(4), open.length, true])
    })
  }

  it("counts for nothing when its batch goes on", () => {
    const lines = batchLines({ first: 1, version: 2, size: 3 }).slice(0, 2).map(encodeLine).join("").slice(0, -1)
    const state = foldLog(start, Buffer.concat([logOf(1), Buffer.from(lines)]), unsettled)
    assert.deepStrictEqual([counted(state), state.end, state.isOpen], [[0], logOf(1).length, false])
  })

  it("counts for nothing when it waits for another commit", () => {
    const waiting = batchBytes({ first: 1, version: 2, size: 1, waitsFor: commitId })
    const state = foldLog(start, Buffer.concat([logOf(1), waiting.subarray(0, -1)]), unsettled)
    assert.deepStrictEqual([counted(state), state.isOpen, state.hasWaiting], [[0], false, true])
  })

  it("is followed by lines as if it had it", () => {
    const state = foldLog(foldLog(start, open, unsettled), bytes.subarray(-1), unsettled)
    assert.deepStrictEqual([counted(state), state.end, state.isOpen], [numbers(4), bytes.length, false])
  })
})

describe("records that share a line", () => {
  const one = batchBytes({ first: 0, version: 1, size: 1 })
  const two = batchBytes({ first: 1, version: 2, size: 1 })
  const three = batchBytes({ first: 2, version: 3, size: 1 })
  const joinedBy = (...between: ReadonlyArray<number>) =>
    Buffer.concat([one.subarray(0, -1), Buffer.from(between), two.subarray(0, -1), Buffer.from(between), three])

  for (
    const [what, between] of [["nothing", []], ["a damaged line end", [0x4a]], ["NULs", [0, 0, 0]]] as const
  ) {
    it(`all count, with ${what} between them`, () => {
      const state = foldLog(start, joinedBy(...between), unsettled)
      assert.deepStrictEqual([counted(state), state.count, state.version, state.isClean], [numbers(3), 3, 3, false])
    })
  }

  it("count before and behind damaged bytes", () => {
    const bytes = Buffer.concat([one.subarray(0, -1), Buffer.from("?"), two.subarray(9, -1), three])
    const state = foldLog(start, bytes, unsettled)
    assert.deepStrictEqual(counted(state), [0, "damage", 2])
  })

  it("are not found in an entry that quotes its own log", () => {
    const quoting = encodeLine({
      ...batchLines({ first: 1, version: 2, size: 1 })[0]!,
      entry: `{"quoted":${one.toString().slice(0, -1)}}`
    })
    for (const text of [quoting.replace("\"at\":1", "\"at\":2"), quoting.slice(5), quoting.slice(40)]) {
      const state = foldLog(start, Buffer.concat([one, Buffer.from(text), three]), unsettled)
      assert.deepStrictEqual(counted(state), [0, "damage", 2])
    }
    const cut = quoting.slice(0, quoting.indexOf("}}") + 1)
    const state = foldLog(start, Buffer.concat([one, Buffer.from(`${cut}\n`), three]), unsettled)
    assert.deepStrictEqual(counted(state), [0, "damage", 2])
  })
})

describe("NULs", () => {
  const one = batchBytes({ first: 0, version: 1, size: 1 })
  const two = batchBytes({ first: 1, version: 2, size: 1 })

  it("before a record hold nothing when no index is missing", () => {
    const state = foldLog(start, Buffer.concat([one, Buffer.alloc(300), two]), unsettled)
    assert.deepStrictEqual([counted(state), state.count, state.isClean], [numbers(2), 2, false])
  })

  it("in the place of a line leave its index free", () => {
    const three = batchBytes({ first: 2, version: 3, size: 1 })
    const state = foldLog(start, Buffer.concat([one, Buffer.alloc(two.length), three]), unsettled)
    assert.deepStrictEqual([state.lines.map(indexOf), state.count], [[0, 2], 3])
  })

  it("that end a line are damage, because they may have been one", () => {
    const zeros = Buffer.concat([Buffer.alloc(two.length - 1), Buffer.from("\n")])
    assert.deepStrictEqual(counted(foldLog(start, Buffer.concat([one, zeros]), unsettled)), [0, "damage"])
    assert.deepStrictEqual(counted(foldLog(start, Buffer.concat([one.subarray(0, -1), zeros]), unsettled)), [
      0,
      "damage"
    ])
  })

  it("up to where the head has settled the log are damage or a gap, and what follows counts", () => {
    const settled = Buffer.concat([one, Buffer.alloc(two.length)])
    const later = batchBytes({ first: 2, version: 3, size: 1 })
    const state = foldLog(start, Buffer.concat([settled, later]), { ...unsettled, settledBytes: settled.length })
    assert.deepStrictEqual([counted(state), state.count], [[0, "damage", 2], 3])
  })
})

describe("a batch without its last line, before a line of another write", () => {
  const dead = batchLines({ first: 1, version: 2, size: 3 }).slice(0, 2).map(encodeLine).join("")

  it("counts for nothing when that one takes its indices", () => {
    const later = batchBytes({ first: 1, version: 3, size: 1 })
    const state = foldLog(start, Buffer.concat([logOf(1), Buffer.from(dead), later]), unsettled)
    assert.deepStrictEqual([counted(state), state.count, state.writes.map((write) => write.id)], [[0, 1], 2, [
      "w1",
      "w3"
    ]])
  })

  it("counts when that one goes on behind it, and what it lacks is a gap", () => {
    const later = batchBytes({ first: 4, version: 3, size: 1 })
    const state = foldLog(start, Buffer.concat([logOf(1), Buffer.from(dead), later]), unsettled)
    assert.deepStrictEqual([counted(state), state.count], [[0, 1, 2, 4], 5])
  })
})
