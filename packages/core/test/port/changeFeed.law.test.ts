/** Whoever reads a feed, however slowly, has seen every change or knows that he has not. */
import { assert, describe, it } from "@effect/vitest"
import { type Change, makeChangeFeed, makeKey, Version } from "@holdfast/core"
import { Arbitrary, Effect, Schema, Stream } from "effect"

const pendingMax = 1024

// Publications around the limit; a zero stands for a reading of all that waits.
const steps = Arbitrary.array(Arbitrary.schema(Schema.Literals([0, 0, 0, 1, 2, 511, 512, 1023, 1024, 1025, 2049])), {
  maxLength: 20
})

const key = makeKey("a")

const changed = (version: number): Change => ({ _tag: "Changed", key, kind: "Chat", version: Version(version) })

const versionsOf = (changes: ReadonlyArray<Change>) =>
  changes.flatMap((change) => change._tag === "Missed" ? [] : [change.version])

/** Claims of one reading what the feed promises of it, by what was published since the reading before. */
const holds = (read: ReadonlyArray<Change>, published: ReadonlyArray<number>) => {
  const seen: ReadonlyArray<number> = versionsOf(read)
  assert.isAtMost(read.length, pendingMax + 1)
  assert.deepStrictEqual(seen, published.slice(0, seen.length))
  const isTold = read.at(-1)?._tag === "Missed"
  assert.strictEqual(isTold, seen.length < published.length)
  assert.strictEqual(isTold, published.length > pendingMax)
}

describe("a reader of a feed", () => {
  it.effect.prop("sees all changes up to the first one that does not fit, and in its place that it missed some", {
    steps
  }, ({ steps }) =>
    Effect.gen(function*() {
      const feed = makeChangeFeed()
      const pull = yield* Stream.toPull(yield* feed.subscribe)
      let version = 0
      let published: Array<number> = []
      for (const count of [...steps, 0]) {
        if (count === 0 && published.length > 0) {
          holds(yield* Effect.orDie(pull), published)
          published = []
        }
        const added = Array.from({ length: count }, () => version += 1)
        published.push(...added)
        feed.publish(added.map(changed))
      }
    }), { arbitrary: { runs: 150, size: 1000 } })
})
