import { assert, describe, it } from "@effect/vitest"
import { type AppliedWrite, Version } from "@holdfast/core/port"
import { Result } from "effect"
import { decodeWrites, encodeWrites, knownWrites } from "../src/writesColumn.ts"

const write = (number: number, id = `write-${number}`): AppliedWrite => ({
  id,
  version: Version(1_767_225_600_000_000 + number),
  at: 1_767_225_600_000 + number,
  entryCount: number
})

const read = [decodeWrites, knownWrites]

describe("the column of a record's writes", () => {
  it("gives every write back as it was, whether it was made here or is read for the first time", () => {
    const writes = [write(1), write(2, "\u0000\ud800\"é😀"), write(3)]
    const column = encodeWrites(writes)
    for (const decode of read) {
      assert.deepStrictEqual(Result.getOrThrow(decode("sessions.db", column)), writes)
    }
    const [sum, text] = [column.slice(0, column.indexOf(" ")), column.slice(column.indexOf(" ") + 1)]
    assert.deepStrictEqual(
      JSON.parse(text),
      writes.map(({ at, entryCount, id, version }) => [id, version, at, entryCount])
    )
    assert.match(sum, /^\d+$/)
  })

  it("is the same text for the same writes, those that were in another column before too", () => {
    const [first, second] = [write(1), write(2)]
    encodeWrites([first])
    assert.strictEqual(encodeWrites([first, second]), encodeWrites([{ ...first }, { ...second }]))
  })

  it("that differs in anything from what was made is damaged", () => {
    const column = encodeWrites([write(1), write(2)])
    for (let at = 0; at < column.length; at++) {
      const flipped = column.slice(0, at) + String.fromCharCode(column.charCodeAt(at) ^ 1) + column.slice(at + 1)
      for (const decode of read) assert.isTrue(Result.isFailure(decode("sessions.db", flipped)), `at ${at}`)
    }
  })

  it("is read when a thousand others were made since", () => {
    const writes = [write(1)]
    const column = encodeWrites(writes)
    for (let number = 0; number < 1000; number++) encodeWrites([write(number, `other-${number}`)])
    const again = Result.getOrThrow(knownWrites("sessions.db", column))
    assert.deepStrictEqual(again, writes)
    assert.notStrictEqual(again, writes)
  })
})
