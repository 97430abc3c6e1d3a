/**
 * The laws of bad input: what is outside the limits is refused before anything is touched.
 *
 * The limits are the same for every adapter, so that any session can move to any backend. A refusal says that
 * nothing was applied, and nothing was.
 */
import * as Stream from "effect/Stream"
import { makeKey, type SessionKey } from "../../model/SessionKey.ts"
import { equal, holds, refused } from "../claims.ts"
import { append, json, put, remove } from "../operations.ts"
import { type Client, family, leavesUnchanged } from "../Trial.ts"

const key = makeKey("session", ["account"])

const badNames: Readonly<Record<string, string>> = {
  "no characters": "",
  "a slash": "a/b",
  "a backslash": "a\\b",
  "a relative name": ".",
  "the parent folder": "..",
  "a path upwards": "../../a",
  "a NUL": "a\u0000b",
  "a line break": "a\nb",
  "a unit separator": "\u001f",
  "a delete": "\u007f",
  "a C1 control": "\u0085",
  "a lone high surrogate": "\ud800",
  "a lone low surrogate": "a\udfff",
  "129 bytes": "x".repeat(129),
  "130 bytes in 65 characters": "\u00e9".repeat(65)
}

const badNamespaces: Readonly<Record<string, ReadonlyArray<string>>> = {
  "nine names": Array.from({ length: 9 }, (_, index) => `n${index}`),
  ...Object.fromEntries(Object.entries(badNames).map(([what, name]) => [`a name with ${what}`, ["good", name]]))
}

const badKeys: ReadonlyArray<readonly [what: string, key: SessionKey]> = [
  ...Object.entries(badNames).map(([what, name]) => [`an id with ${what}`, makeKey(name, ["good"])] as const),
  ...Object.entries(badNamespaces).map(([what, namespace]) =>
    [`a namespace with ${what}`, makeKey("id", namespace)] as const
  )
]

const commitsOf = (client: Client, bad: SessionKey) =>
  [[put(bad, 1)], [append(bad, [1])], [put(bad, 1), append(bad, [1])], [remove(bad)]].map((operations) =>
    client.commit(...operations)
  )

/** The most that a law about sizes may write. */
const affordableBytes = 4 * 1024 * 1024

export const badInputLaws = family("bad input", [
  {
    id: "badKey.isNotWritten",
    title: "a write to a key outside the limits is refused and stores nothing",
    run: function*(trial) {
      const client = yield* trial.open
      for (const [what, bad] of badKeys) {
        for (const call of commitsOf(client, bad)) yield* refused(call, "InvalidKey", `a write to ${what}`)
      }
      yield* equal(yield* client.list(), [], "the listing after the refused writes")
    }
  },
  {
    id: "badKey.isNotRead",
    title: "a read of a key outside the limits is refused",
    run: function*(trial) {
      const { adapter } = yield* trial.open
      for (const [what, bad] of badKeys) {
        yield* refused(adapter.head(bad), "InvalidKey", `the head of ${what}`)
        yield* refused(adapter.load(bad), "InvalidKey", `loading ${what}`)
        yield* refused(Stream.runDrain(adapter.entries(bad, {})), "InvalidKey", `the entries of ${what}`)
      }
    }
  },
  {
    id: "badKey.isNotListed",
    title: "a listing of a namespace outside the limits is refused",
    run: function*(trial) {
      const { adapter } = yield* trial.open
      for (const [what, namespace] of Object.entries(badNamespaces)) {
        const call = Stream.runDrain(adapter.list({ namespace, order: "id" }))
        yield* refused(call, "InvalidKey", `listing a namespace with ${what}`)
      }
    }
  },
  {
    id: "badKey.stopsItsChange",
    title: "a change with one key outside the limits stores nothing of the others",
    run: function*(trial) {
      const client = yield* trial.open
      yield* client.commit(put(key, 1))
      const bad = makeKey("a/b", ["account"])
      for (const operations of [[put(key, 2), put(bad, 2)], [put(bad, 2), put(key, 2)]]) {
        const call = leavesUnchanged(client, [key], client.commit(...operations))
        yield* refused(call, "InvalidKey", "a change with one bad key")
      }
    }
  },
  {
    id: "size.isLimited",
    title: "a body or an entry above the limit is refused and changes nothing, one at the limit is stored",
    needs: ({ bodyBytesMax }) => bodyBytesMax <= affordableBytes,
    run: function*(trial) {
      const client = yield* trial.open
      const { bodyBytesMax } = client.adapter.capability
      const fitting = "\u00e9".repeat((bodyBytesMax - 2) / 2)
      yield* client.commit(put(key, fitting), append(key, [fitting]))
      const { body } = yield* client.read(key)
      yield* holds(() => body === json(fitting), "the body at the limit is as it was written")
      const tooLong = `${fitting}xx`
      for (
        const operations of [[put(key, tooLong)], [append(key, ["a", tooLong])], [put(key, 1), append(key, [tooLong])]]
      ) {
        const reason = yield* refused(
          leavesUnchanged(client, [key], client.commit(...operations)),
          "TooLarge",
          "a long text"
        )
        yield* holds(
          () => reason.bytes > bodyBytesMax && reason.bytesMax === bodyBytesMax,
          "the refusal tells both sizes"
        )
      }
    }
  },
  {
    id: "capability.isSane",
    title: "a capability promises keys of 128 bytes and room for a body",
    run: function*(trial) {
      const { adapter } = yield* trial.open
      const { bodyBytesMax, keyBytesMax } = adapter.capability
      yield* holds(() => keyBytesMax >= 128, "names of 128 bytes fit, so that any key can move to any backend")
      yield* holds(() => bodyBytesMax >= 64 * 1024, "a body of 64 KiB fits")
      yield* holds(() => adapter.name !== "" && adapter.location !== "", "the adapter has a name and a location")
    }
  }
])
