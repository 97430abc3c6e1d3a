import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { inspect } from "node:util"
import * as StorageUrl from "../../src/config/StorageUrl.ts"
import { registry } from "./schemes.ts"

const parsed = (text: string, known?: StorageUrl.Registry<unknown>) => Result.getOrThrow(StorageUrl.parse(text, known))

describe("a print of a URL", () => {
  it.each([
    ["server://me:hunter2@host/db?pin=4711", "server://me:***@host/db?pin=***"],
    ["server://me:hun@ter:2@host/db?pin=4711", "server://me:***@host/db?pin=***"],
    ["server://me@host:5432/db?pin=4711", "server://me@host:5432/db?pin=***"],
    ["memory:,server:host?pin=4711&zone=a", "memory:,server:host?pin=***&zone=a"],
    ["folder:C:\\me@home?commit=slots", "folder:C:\\me@home?commit=slots"]
  ])("hides passwords, and options that a scheme marks: %s", (text, printed) => {
    assert.strictEqual(StorageUrl.print(parsed(text, registry)), printed)
  })

  it.each([
    "key",
    "apiKey",
    "KEY_ID",
    "secret",
    "token",
    "password",
    "passphrase",
    "pwd",
    "authorization",
    "sig%6eature"
  ])(
    "hides an option that is named like a secret, whoever knows its scheme: %s",
    (name) => {
      assert.notInclude(StorageUrl.print(parsed(`s3:bucket?${name}=hunter2&region=eu`)), "hunter2")
      assert.include(StorageUrl.print(parsed(`s3:bucket?${name}=hunter2&region=eu`)), "=***&region=eu")
    }
  )

  it("is what a URL shows of itself wherever it is printed", () => {
    const url = parsed("server://me:hunter2@host?pin=4711", registry)
    for (
      const shown of [String(url), [url].join(), JSON.stringify({ url }), inspect({ url }), inspect(url, { depth: 9 })]
    ) {
      assert.include(shown, "server://me:***@host?pin=***")
      assert.notMatch(shown, /hunter2|4711/)
    }
    assert.strictEqual(StorageUrl.format(url), "server://me:hunter2@host?pin=4711")
  })
})

describe("an error of a URL", () => {
  // In each of them the secret is "hunter" and what is wrong comes before, in or after it.
  it.each([
    "server://me:hunter,2@host",
    "server://me:a,hunter:2@host?pin=1",
    "server://me:a?hunter=2@host",
    "server://me:a/hunter@host?pin=x",
    "server://me:12,hunter:3@host",
    "server:host?pin=hunter",
    "server:host?pin=a&hunter=1",
    "server:host?pin=1,hunter:2",
    "server:host?pin=1,folder:a?hunter=2",
    "server:host?p%69n=1&hunter=2",
    "folder:./s?key=1&hunter=2",
    "folder:./s?key=%zzhunter",
    "folder:./s?commit=hunter",
    "foldr:./hunter",
    "folder:./s?require=hunter",
    "./hunter",
    "hunter",
    "server://me:hunter@host?pin=1&pin=2",
    "server://me:hunter@host#?pin=1"
  ])("never shows a secret: %s", (text) => {
    const error = Result.getOrThrow(Result.flip(StorageUrl.parse(text, registry)))
    assert.notInclude(error.message, "hunter")
    assert.notInclude(JSON.stringify(Object.assign({}, error)), "hunter")
    assert.notInclude(inspect(error), "hunter@")
  })
})
