import { assert, describe, it } from "@effect/vitest"
import { inspectLog, isEndOnly, type LogProblem } from "../../src/layout/inspectLog.ts"
import { batchBytes, incarnation, logOf } from "./logs.ts"

const line = logOf(1).length

const problemsIn = (bytes: Buffer, settledBytes = 0) => inspectLog(bytes, { incarnation, settledBytes })

const changed = (at: number, byte: number): Buffer => {
  const bytes = logOf(1, 1, 1)
  bytes[at] = byte
  return bytes
}

const kinds = (problems: ReadonlyArray<LogProblem>) => problems.map(({ kind }) => kind)

describe("inspectLog", () => {
  it("finds nothing in a log that is in order, whatever waits in it or belongs to a former life", () => {
    const bytes = Buffer.concat([
      batchBytes({ first: 0, version: 1, size: 2, incarnation: "former" }),
      logOf(1, 2),
      batchBytes({ first: 3, version: 4, size: 1, waitsFor: "another" })
    ])
    assert.deepStrictEqual(problemsIn(bytes), [])
    assert.deepStrictEqual(problemsIn(Buffer.alloc(0)), [])
  })

  it("names a damaged line by its bytes", () => {
    assert.deepStrictEqual(problemsIn(changed(line + 9, 0x3f)), [{ kind: "Damage", offset: line, length: line }])
  })

  it("names records that share a line", () => {
    const problems = problemsIn(changed(line - 1, 0x3f))
    assert.deepStrictEqual(problems, [
      { kind: "Joined", offset: 0, length: line - 1 },
      { kind: "Joined", offset: line, length: line }
    ])
    assert.isFalse(isEndOnly(problems))
  })

  it("names NULs between lines, and where they took a line", () => {
    const [first, rest] = [logOf(1, 1).subarray(0, line), logOf(1, 1).subarray(line)]
    const problems = problemsIn(Buffer.concat([first, Buffer.alloc(40), rest]))
    assert.deepInclude(problems, { kind: "Nuls", offset: line, length: 40 })
    assert.isFalse(isEndOnly(problems))
  })

  it("tells an end that was never acknowledged from damage", () => {
    const bytes = logOf(1, 1)
    for (const end of [bytes.subarray(0, line + 20), Buffer.concat([bytes, Buffer.alloc(64)])]) {
      const problems = problemsIn(end)
      assert.deepStrictEqual(kinds(problems), ["Torn"])
      assert.isTrue(isEndOnly(problems))
    }
  })

  it("names a last record that lacks its line end", () => {
    for (const bytes of [logOf(1, 1).subarray(0, -1), Buffer.concat([logOf(1, 1).subarray(0, -1), Buffer.from("?")])]) {
      const problems = problemsIn(bytes)
      assert.deepStrictEqual(kinds(problems), ["NoLineEnd"])
      assert.isTrue(isEndOnly(problems))
    }
  })

  it("says how much a file lacks of what its head has settled", () => {
    const bytes = logOf(1, 1)
    assert.deepStrictEqual(problemsIn(bytes, bytes.length + 100), [
      { kind: "Short", offset: bytes.length, length: 100 }
    ])
    assert.deepStrictEqual(kinds(problemsIn(bytes.subarray(0, -1), bytes.length)), ["NoLineEnd"])
    assert.deepStrictEqual(problemsIn(Buffer.alloc(0), 10), [{ kind: "Short", offset: 0, length: 10 }])
  })
})
