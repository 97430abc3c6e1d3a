import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Option, Redacted } from "effect"
import { Base64 } from "effect/encoding"
import { inspect } from "node:util"
import { encryptionKeysConfig, makeEncryptionKeys } from "../../src/policy/encrypted.ts"
import { k1, k2 } from "./encryptedStores.ts"

const base64 = (bytes: number) => Base64.encode(new Uint8Array(bytes).fill(0xa5))

const good = base64(32)

const configured = (value?: string) =>
  encryptionKeysConfig().parse(
    ConfigProvider.fromEnv({ env: value === undefined ? {} : { HOLDFAST_ENCRYPTION_KEYS: value } })
  )

describe("encryption keys from the configuration", () => {
  it.effect("are ids with base64 of 32 bytes, the first of them current", () =>
    Effect.gen(function*() {
      const keys = yield* configured(`k2:${good}, k1:${base64(32)}`)
      assert.strictEqual(keys.current.id, "k2")
      assert.isTrue(Option.isSome(keys.keyOf("k1")))
      assert.isTrue(Option.isNone(keys.keyOf("k3")))
    }))

  const problems: ReadonlyArray<readonly [what: string, value: string, message: RegExp]> = [
    ["no id", good, /encryption key 1 has no id and colon in front of it/],
    ["an empty id", `:${good}`, /the id of encryption key 1 is not 1 to 64 of the characters/],
    ["a key for an id", `k1:${good},${good}:k2`, /the id of encryption key 2 is not 1 to 64/],
    ["an id with odd characters", `k 1:${good}`, /the id of encryption key 1 is not 1 to 64/],
    ["no base64", `k1:${good.slice(0, 40)}!!!!`, /encryption key 1 \("k1"\) is not base64/],
    ["too few bytes", `k1:${good},k2:${base64(16)}`, /encryption key 2 \("k2"\) has 16 bytes instead of 32/],
    ["too many bytes", `k1:${base64(33)}`, /encryption key 1 \("k1"\) has 33 bytes instead of 32/],
    ["one id twice", `k1:${good},k1:${good}`, /two encryption keys have the same id/],
    ["no key", " , ", /there is no encryption key/]
  ]

  for (const [what, value, message] of problems) {
    it.effect(`are refused with ${what}, in a message that names the variable and shows nothing of a key`, () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(configured(value))
        assert.match(error.message, message)
        assert.include(error.message, "HOLDFAST_ENCRYPTION_KEYS")
        assert.notMatch(inspect(error, { depth: 9 }), /paWl|pQ==/)
      }))
  }

  it.effect("fail as any missing variable does", () =>
    Effect.gen(function*() {
      assert.match((yield* Effect.flip(configured())).message, /HOLDFAST_ENCRYPTION_KEYS/)
    }))
})

describe("encryption keys", () => {
  it.effect("show nothing of themselves when they are printed", () =>
    Effect.gen(function*() {
      const keys = yield* makeEncryptionKeys([k2, k1])
      const printed = inspect(keys, { depth: 9, showHidden: true }) + JSON.stringify(keys)
      for (const { key } of [k1, k2]) assert.notInclude(printed, Redacted.value(key).slice(0, 8))
    }))

  it.effect("are refused when there is none", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(makeEncryptionKeys([]))
      assert.strictEqual(error._tag, "InvalidEncryptionKey")
    }))
})
