import { assert, describe, it } from "@effect/vitest"
import { Option } from "effect"
import { encodeLine, type EntryLine } from "../../src/layout/entryLine.ts"
import { emptyLog, type FoldContext, foldLog, foldWritten, indexOf, type LogState } from "../../src/layout/logFold.ts"
import { batchBytes, batchLines, commitId, logOf, unsettled } from "./logs.ts"

const start = emptyLog(0, 0)

const committed: FoldContext = { ...unsettled, commitId: Option.some(commitId) }

/** What a log counts: the number of each entry, or that it is damaged. */
const counted = (state: LogState) =>
  state.lines.map((line) =>
    line._tag === "Damage" ? "damage" : (JSON.parse(line.line.entry) as { number: number }).number
  )

const numbers = (count: number) => Array.from({ length: count }, (_, number) => number)

/** Bytes with the line of this number changed, its end excepted. */
const withDamage = (bytes: Buffer, number: number): Buffer => {
  const lines = bytes.toString().split("\n")
  lines[number] = lines[number]!.replace("\"at\":1", "\"at\":2")
  return Buffer.from(lines.join("\n"))
}

const written = (lines: ReadonlyArray<EntryLine>) =>
  lines.map((line) => ({ line, bytes: Buffer.byteLength(encodeLine(line)) }))

describe("records that were written", () => {
  it("count as their bytes do", () => {
    const batches = [
      batchLines({ first: 0, version: 1, size: 1 }),
      batchLines({ first: 1, version: 2, size: 3, pad: 500 }),
      batchLines({ first: 4, version: 3, size: 2, waitsFor: commitId }).map((line) => ({ ...line, entry: "\"é😀\"" })),
      batchLines({ first: 6, version: 4, size: 1 }).map((line) => ({ ...line, writtenAt: line.at + 5 }))
    ]
    for (const context of [committed, { ...committed, settledBytes: 20 }]) {
      let state = start
      for (const lines of batches) {
        const bytes = Buffer.from(lines.map(encodeLine).join(""))
        assert.deepStrictEqual(foldWritten(state, written(lines), context), foldLog(state, bytes, context))
        state = foldWritten(state, written(lines), context)
      }
      assert.strictEqual(state.count, 7)
    }
  })

  it("wait, or belong to a former life, as their bytes do", () => {
    for (
      const lines of [
        batchLines({ first: 0, version: 1, size: 2, waitsFor: "another" }),
        batchLines({ first: 0, version: 1, size: 1, incarnation: "former" })
      ]
    ) {
      const bytes = Buffer.from(lines.map(encodeLine).join(""))
      assert.deepStrictEqual(foldWritten(start, written(lines), committed), foldLog(start, bytes, committed))
    }
  })
})

describe("a log to which nothing was added", () => {
  it("says what it did, also behind what its head has settled", () => {
    const bytes = logOf(1, 2)
    for (const settledBytes of [0, logOf(1).length, bytes.length]) {
      const context: FoldContext = { ...unsettled, settledBytes, settledCount: settledBytes === 0 ? 0 : 1 }
      const state = foldLog(emptyLog(settledBytes, settledBytes === 0 ? 0 : 1), bytes.subarray(settledBytes), context)
      assert.deepStrictEqual(foldLog(state, Buffer.alloc(0), context), state)
    }
  })
})

describe("a whole log", () => {
  it("counts every line of every batch", () => {
    const bytes = logOf(1, 3, 2)
    const state = foldLog(start, bytes, unsettled)
    assert.deepStrictEqual(counted(state), numbers(6))
    assert.deepStrictEqual(
      {
        count: state.count,
        end: state.end,
        size: state.size,
        version: state.version,
        versionSeen: state.versionSeen,
        at: state.at
      },
      { count: 6, end: bytes.length, size: bytes.length, version: 3, versionSeen: 3, at: 1700000000003 }
    )
  })

  it("remembers each batch with the number of entries after it", () => {
    const { writes } = foldLog(start, logOf(1, 3), unsettled)
    assert.deepStrictEqual(writes.map(({ entryCount, id, version }) => [id, version, entryCount]), [["w1", 1, 1], [
      "w2",
      2,
      4
    ]])
  })

  it("goes on counting from where its start is", () => {
    const state = foldLog(emptyLog(400, 7), batchBytes({ first: 7, version: 9, size: 2 }), {
      ...unsettled,
      settledBytes: 400
    })
    assert.strictEqual(state.count, 9)
    assert.deepStrictEqual(state.writes.map((write) => write.entryCount), [9])
  })

  it("is empty when it has no bytes", () => {
    assert.deepStrictEqual(foldLog(start, Buffer.alloc(0), unsettled), start)
  })
})

describe("a log that is cut off", () => {
  it("loses its unfinished last batch and nothing else, wherever it is cut but at its last line end", () => {
    const sizes = [1, 3, 1, 2]
    const bytes = logOf(...sizes)
    const ends = sizes.map((_, index) => logOf(...sizes.slice(0, index + 1)).length)
    for (let length = 0; length <= bytes.length; length++) {
      if (ends.includes(length + 1)) continue
      const whole = ends.filter((end) => end <= length).length
      const state = foldLog(start, bytes.subarray(0, length), unsettled)
      const count = sizes.slice(0, whole).reduce((sum, size) => sum + size, 0)
      assert.deepStrictEqual(counted(state), numbers(count), `cut at ${length}`)
      assert.deepStrictEqual(
        [state.count, state.version, state.end],
        [count, whole, ends[whole - 1] ?? 0],
        `cut at ${length}`
      )
    }
  })

  it("does not count what is filled with NULs behind it", () => {
    const bytes = logOf(1, 2)
    for (const length of [bytes.length, bytes.length - 2, bytes.length - 30]) {
      const state = foldLog(start, Buffer.concat([bytes.subarray(0, length), Buffer.alloc(512)]), unsettled)
      assert.strictEqual(state.count, length === bytes.length ? 3 : 1)
    }
  })

  it("does not count a batch whose last line is missing, although others follow", () => {
    const lines = batchLines({ first: 0, version: 1, size: 3 }).slice(0, 2).map(encodeLine).join("")
    const state = foldLog(start, Buffer.from(lines), unsettled)
    assert.deepStrictEqual([state.count, state.end, state.versionSeen], [0, 0, 1])
  })
})

describe("lines of another incarnation", () => {
  it("do not exist, before, between and after", () => {
    const former = { size: 2, incarnation: "former", first: 0 }
    const bytes = Buffer.concat([
      batchBytes({ ...former, version: 90 }),
      logOf(1),
      batchBytes({ ...former, version: 91 }),
      batchBytes({ first: 1, version: 2, size: 1 }),
      batchBytes({ ...former, version: 92 })
    ])
    const state = foldLog(start, bytes, unsettled)
    assert.deepStrictEqual(counted(state), numbers(2))
    assert.deepStrictEqual([state.version, state.versionSeen, state.writes.length], [2, 2, 2])
  })
})

describe("lines that wait for a commit", () => {
  const waiting = batchBytes({ first: 1, version: 2, size: 2, waitsFor: commitId })
  const bytes = Buffer.concat([logOf(1), waiting])

  it("count when the head names their commit", () => {
    const state = foldLog(start, bytes, committed)
    assert.deepStrictEqual([counted(state), state.end, state.hasWaiting], [numbers(3), bytes.length, false])
  })

  it("do not count when it names another or none, and are known to be there", () => {
    for (const context of [unsettled, { ...unsettled, commitId: Option.some("another") }]) {
      const state = foldLog(start, bytes, context)
      assert.deepStrictEqual([counted(state), state.end, state.size, state.hasWaiting], [
        [0],
        logOf(1).length,
        bytes.length,
        true
      ])
    }
  })

  it("count when the head has settled them, whatever commit it names since", () => {
    const state = foldLog(start, bytes, {
      ...unsettled,
      commitId: Option.some("a later one"),
      settledBytes: bytes.length
    })
    assert.deepStrictEqual([counted(state), state.hasWaiting], [numbers(3), false])
  })

  it("do not count beyond what is settled", () => {
    const state = foldLog(start, bytes, { ...unsettled, settledBytes: logOf(1).length })
    assert.deepStrictEqual(counted(state), [0])
  })

  it("keep their version from being handed out again", () => {
    assert.strictEqual(foldLog(start, bytes, unsettled).versionSeen, 2)
  })

  it("are passed over by lines that count by themselves", () => {
    const later = Buffer.concat([bytes, batchBytes({ first: 1, version: 3, size: 1 })])
    const state = foldLog(start, later, unsettled)
    assert.deepStrictEqual([counted(state), state.end, state.version], [[0, 1], later.length, 3])
  })
})

describe("a damaged line", () => {
  for (const [where, number] of [["first", 0], ["middle", 2], ["last", 4]] as const) {
    it(`is counted and cannot be read: the ${where} one of single entries`, () => {
      const state = foldLog(start, withDamage(logOf(1, 1, 1, 1, 1), number), unsettled)
      assert.deepStrictEqual(counted(state), numbers(5).map((each) => each === number ? "damage" : each))
      assert.strictEqual(state.version, 5)
    })

    it(`is counted and cannot be read: the ${where} one of a batch`, () => {
      const state = foldLog(start, withDamage(logOf(5), number), unsettled)
      assert.deepStrictEqual(counted(state), numbers(5).map((each) => each === number ? "damage" : each))
      assert.strictEqual(state.version, 1)
    })
  }

  it("is named by the byte at which it begins", () => {
    const state = foldLog(start, withDamage(logOf(1, 1, 1), 1), unsettled)
    assert.deepStrictEqual(state.lines[1], { _tag: "Damage", offset: logOf(1).length, index: 1 })
  })

  it("leaves the versions rising, wherever it is", () => {
    const bytes = logOf(1, 2, 1, 3)
    const lineCount = 7
    const whole = foldLog(start, bytes, unsettled)
    for (let number = 0; number < lineCount; number++) {
      const state = foldLog(start, withDamage(bytes, number), unsettled)
      assert.isAtLeast(state.version, whole.version)
      assert.strictEqual(state.count, whole.count)
      assert.isAtLeast(state.versionSeen, state.version)
    }
  })

  it("that has lost its end is one with the line behind it, which still says its index", () => {
    const bytes = withDamage(logOf(1, 1, 1), 0)
    bytes[bytes.indexOf(0x0a)] = 0x0b
    const state = foldLog(start, bytes, unsettled)
    assert.deepStrictEqual(counted(state), ["damage", 1, 2])
    assert.deepStrictEqual([state.count, state.version, state.isClean], [3, 3, false])
  })

  it("that a damaged byte has split is one entry, as the lines after it say", () => {
    const bytes = logOf(1, 1, 1)
    bytes[logOf(1).length + 40] = 0x0a
    const state = foldLog(start, bytes, unsettled)
    assert.deepStrictEqual(state.lines.map((line) => [line._tag, indexOf(line)]), [
      ["Entry", 0],
      ["Damage", 1],
      ["Damage", 2],
      ["Entry", 2]
    ])
    assert.strictEqual(state.count, 3)
  })

  it("beyond what the head has settled has a version above the head's", () => {
    const state = foldLog(start, withDamage(logOf(1), 0), { ...unsettled, headVersion: 40 })
    assert.strictEqual(state.version, 41)
  })

  it("gives its batch no write to recognise when it is all of it", () => {
    const state = foldLog(start, withDamage(logOf(1, 1), 1), unsettled)
    assert.deepStrictEqual(state.writes.map((write) => write.id), ["w1"])
  })
})
