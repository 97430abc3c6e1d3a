/** Damage to one file: a flipped bit, a cut, or a run of zeroes, drawn from the random numbers of the test. */
import { Effect, Random } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"

/** What was done to a file. */
export interface Damage {
  readonly file: string
  readonly description: string
  /** The bytes that were there. */
  readonly before: Buffer
  /** The bytes that are there afterwards. */
  readonly bytes: Buffer
}

/** The files of a store but for what was set aside, which nobody reads. */
export const filesIn = (folder: string): ReadonlyArray<string> =>
  fs.readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .filter((file) => !file.startsWith("lost-found"))
    .toSorted()

/** Ends are where torn writes lie, so half of the places are near the end. */
const drawPlace = Effect.fnUntraced(function*(length: number) {
  const isNearEnd = yield* Random.nextBoolean
  const reach = isNearEnd ? Math.min(length, 40) : length
  return length - 1 - (yield* Random.nextIntBetween(0, reach - 1))
})

const damages = {
  flip: Effect.fnUntraced(function*(bytes: Buffer) {
    const at = yield* drawPlace(bytes.length)
    const bit = yield* Random.nextIntBetween(0, 7)
    bytes[at]! ^= 1 << bit
    return { description: `bit ${bit} of byte ${at} flipped`, bytes }
  }),
  cut: Effect.fnUntraced(function*(bytes: Buffer) {
    const at = yield* drawPlace(bytes.length)
    return { description: `cut to ${at} bytes`, bytes: bytes.subarray(0, at) }
  }),
  zeroes: Effect.fnUntraced(function*(bytes: Buffer) {
    const at = yield* drawPlace(bytes.length)
    const length = yield* Random.nextIntBetween(1, 64)
    bytes.fill(0, at, Math.min(at + length, bytes.length))
    return { description: `zeroes from ${at} to ${Math.min(at + length, bytes.length)}`, bytes }
  })
}

const kinds = ["flip", "cut", "zeroes"] as const

/** Damages one file of a folder. */
export const damageOne = Effect.fnUntraced(function*(folder: string, files: ReadonlyArray<string>) {
  const name = files[yield* Random.nextIntBetween(0, files.length - 1)]!
  const kind = kinds[yield* Random.nextIntBetween(0, kinds.length - 1)]!
  const full = path.join(folder, name)
  const before = fs.readFileSync(full)
  const { bytes, description } = before.length === 0
    ? { bytes: Buffer.from([0]), description: "one zero byte" }
    : yield* damages[kind](Buffer.from(before))
  fs.writeFileSync(full, bytes)
  const damage: Damage = { file: name, description: `${name} (${before.length} bytes): ${description}`, before, bytes }
  return damage
})

/** Flips a bit of the last byte of a file. */
export const damageEnd = (folder: string, file: string, bit: number): Damage => {
  const full = path.join(folder, file)
  const before = fs.readFileSync(full)
  const bytes = Buffer.from(before)
  bytes[bytes.length - 1]! ^= 1 << bit
  fs.writeFileSync(full, bytes)
  return { file, description: `${file}: bit ${bit} of its last byte flipped`, before, bytes }
}
