/** A line of a catalog tells its own damage: whatever happens to the file, a listing is right. */
import { assert, describe, it } from "@effect/vitest"
import type { Version } from "@holdfast/core"
import { Effect, Option } from "effect"
import * as fs from "node:fs"
import {
  decodeRow,
  encodeRow,
  isStampOf,
  isYoung,
  linesIn,
  type Row,
  type SessionRow,
  stampOf,
  toldOn
} from "../../src/catalog/row.ts"
import { append, commit, list, put, quickFolder } from "../kit.ts"
import { catalogOf, visitAged } from "./aged.ts"

const at = 1_700_000_000_000
const stampAt = (millis: number, changedMillis = millis) =>
  stampOf({ ino: 7n, size: 2048n, mtimeNs: BigInt(millis) * 1_000_000n, ctimeNs: BigInt(changedMillis) * 1_000_000n })

const session: SessionRow = {
  _tag: "Session",
  version: 7,
  entryCount: 0,
  stem: "local_1",
  writtenAt: at,
  files: { main: stampAt(at - 5000), alt: null, "0": stampAt(at - 4000) },
  head: Option.some({
    kind: "note",
    schemaVersion: 1,
    version: 5 as Version,
    incarnation: "abc",
    createdAt: 1,
    updatedAt: 2.5,
    summary: "{\"title\":\"a \\u2028 line\"}",
    entryCount: 3
  })
}

const rows: ReadonlyArray<Row> = [
  session,
  { ...session, head: Option.none() },
  { ...session, files: {} },
  { _tag: "Gone", stem: "local_1" },
  { _tag: "Folder", folder: "acct", isThere: true },
  { _tag: "Folder", folder: "acct", isThere: false }
]

describe("a line of a catalog", () => {
  it("reads as it was written, on one line", () => {
    for (const row of rows) {
      const line = encodeRow(row)
      assert.strictEqual(line.indexOf("\n"), line.length - 1)
      assert.deepStrictEqual(decodeRow(line.slice(0, -1)), Option.some(row))
    }
  })

  it("is nothing when a byte of it is another one, or when it is cut off", () => {
    for (const row of rows) {
      const line = encodeRow(row).slice(0, -1)
      for (let index = 0; index < line.length; index++) {
        const flipped = String.fromCharCode(line.charCodeAt(index) ^ 1)
        assert.deepStrictEqual(decodeRow(line.slice(0, index) + flipped + line.slice(index + 1)), Option.none())
        assert.deepStrictEqual(decodeRow(line.slice(0, index)), Option.none())
      }
    }
  })

  it("is nothing when it is of another format", () => {
    assert.deepStrictEqual(decodeRow("{}"), Option.none())
    assert.deepStrictEqual(decodeRow("\0".repeat(200)), Option.none())
  })
})

describe("the beginning and the end of a line", () => {
  it("tell of a session what its row does, of a name or a folder all, and of a damaged line nothing", () => {
    for (const row of rows) {
      const line = encodeRow(row).slice(0, -1)
      const told = toldOn(line)
      if (row._tag === "Session") {
        const { entryCount, stem, version } = row
        assert.deepStrictEqual(told, { _tag: "Told", stem, version, entryCount, hasHead: Option.isSome(row.head) })
      } else assert.deepStrictEqual(told, row)
      for (let index = 0; index < line.length; index++) {
        const flipped = String.fromCharCode(line.charCodeAt(index) ^ 1)
        assert.isUndefined(toldOn(line.slice(0, index) + flipped + line.slice(index + 1)))
      }
    }
  })
})

describe("bytes of lines", () => {
  it("are the same lines however long they are, with characters of any length", () => {
    for (const size of [0, 1, 700_000, 2_500_000]) {
      const lines = ["a", "é\u2028", "x".repeat(size), "😀".repeat(size / 4), "", "last"]
      assert.deepStrictEqual([...linesIn(Buffer.from(lines.map((line) => `${line}\n`).join("")))], lines)
    }
    assert.deepStrictEqual([...linesIn(Buffer.from("whole\ncut"))], ["whole", "cut"])
  })
})

describe("a stamp", () => {
  it.effect("is of a file with the very number, size and times that it tells", () =>
    Effect.gen(function*() {
      const file = `${yield* quickFolder}/file`
      fs.writeFileSync(file, "some bytes")
      const { ctimeMs, ino, mtimeMs, size } = fs.lstatSync(file)
      const facts = { ctimeMs, ino, mtimeMs, size }
      const exact = fs.lstatSync(file, { bigint: true })
      assert.isTrue(isStampOf(stampOf(exact), facts))
      for (const name of ["ctimeMs", "ino", "mtimeMs", "size"] as const) {
        assert.isFalse(isStampOf(stampOf(exact), { ...facts, [name]: facts[name] + 0.001 }), name)
      }
      for (const name of ["ctimeNs", "ino", "mtimeNs", "size"] as const) {
        const { ctimeNs, ino, mtimeNs, size } = exact
        const other = { ctimeNs, ino, mtimeNs, size, [name]: exact[name] + 1000n }
        assert.isFalse(isStampOf(stampOf(other), facts), name)
      }
      const large = 2n ** 60n
      assert.isFalse(isStampOf(stampOf({ ...exact, ino: large }), { ...facts, ino: Number(large) }))
    }))
})

describe("a row", () => {
  it("is young within two seconds of any of its files, of one from the future, and without any", () => {
    const written = (...stamps: ReadonlyArray<string>): SessionRow => ({
      ...session,
      files: { main: stamps[0]!, alt: null, ...(stamps[1] === undefined ? {} : { "0": stamps[1] }) }
    })
    assert.isFalse(isYoung(session))
    assert.isFalse(isYoung(written(stampAt(at - 2000))))
    assert.isTrue(isYoung(written(stampAt(at - 1999))))
    assert.isTrue(isYoung(written(stampAt(at - 5000, at - 1000))))
    assert.isTrue(isYoung(written(stampAt(at - 5000), stampAt(at - 1000))))
    assert.isTrue(isYoung(written(stampAt(at + 5000))))
    assert.isTrue(isYoung({ ...session, files: {} }))
    assert.isTrue(isYoung({ ...session, files: { main: null, alt: null } }))
  })
})

describe("a catalog that was damaged", () => {
  const keys = ["one", "two", "three"].map((id) => ({ namespace: ["acct"], id }))

  const damages: ReadonlyArray<readonly [what: string, (bytes: Buffer, place: number) => Buffer]> = [
    ["cut off", (bytes, place) => bytes.subarray(0, place)],
    ["a bit flipped", (bytes, place) => Buffer.from(bytes.with(place, bytes[place]! ^ 4))],
    [
      "filled with zeros to its end",
      (bytes, place) => Buffer.concat([bytes.subarray(0, place), Buffer.alloc(bytes.length - place)])
    ],
    ["bytes taken out", (bytes, place) => Buffer.concat([bytes.subarray(0, place), bytes.subarray(place + 7)])]
  ]

  for (const [what, damage] of damages) {
    it.live(`never gives a wrong listing: ${what}`, () =>
      Effect.gen(function*() {
        const folder = yield* quickFolder
        yield* visitAged(folder, (adapter) =>
          Effect.forEach(keys, (key) => commit(adapter, put(key, 1), append(key, ["a"]))))
        const expected = yield* visitAged(folder, list)
        const bytes = fs.readFileSync(catalogOf(folder, "acct"))
        for (let place = 0; place < bytes.length; place += 61) {
          fs.writeFileSync(catalogOf(folder, "acct"), damage(bytes, place))
          assert.deepStrictEqual(yield* visitAged(folder, list), expected)
        }
      }))
  }
})
