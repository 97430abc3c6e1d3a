/** Laws are data, and running one tells what came of it, whatever goes wrong. */
import { assert, it } from "@effect/vitest"
import { MemoryAdapter } from "@holdfast/adapter-memory"
import {
  checkAll,
  type Column,
  complaintOf,
  type Harness,
  type Law,
  LawBroken,
  laws,
  renderLawsByAdapter,
  renderLawsByMutant,
  runLaw,
  unbrokenLaws,
  unseenFlaws
} from "@holdfast/core/testing"
import { Effect, Exit, Fiber } from "effect"

const memory: Harness = {
  name: "memory",
  fresh: Effect.sync(() => ({ open: MemoryAdapter.make(MemoryAdapter.makeMemory()) }))
}

const lawOf = (id: string, run: Law["run"], needs: Law["needs"] = () => true): Law => ({
  id,
  title: `the law ${id}`,
  family: "round trip",
  needs,
  run
})

const holding = lawOf("law.holds", () => Effect.void)
const breaking = lawOf("law.breaks", () => Effect.fail(new LawBroken({ message: "found two" })))
const unasked = lawOf("law.isNotAsked", () => Effect.die("never run"), () => false)

it("there are many laws, each with an id and a title of its own", () => {
  assert.isAtLeast(laws.length, 90)
  assert.strictEqual(new Set(laws.map(({ id }) => id)).size, laws.length)
  assert.strictEqual(new Set(laws.map(({ title }) => title)).size, laws.length)
  for (const { id, title } of laws) {
    assert.match(id, /^[a-z][A-Za-z]*\.[a-z][A-Za-z]*$/)
    assert.notMatch(title, /\bshould\b|\.$/, id)
  }
})

it.live("a law holds, is broken or is not asked for", () =>
  Effect.gen(function*() {
    const outcomes = yield* checkAll(memory, [holding, breaking, unasked])
    assert.deepStrictEqual(outcomes.map(({ law, verdict }) => [law.id, verdict]), [
      ["law.holds", "holds"],
      ["law.breaks", "broken"],
      ["law.isNotAsked", "notApplicable"]
    ])
    assert.strictEqual(outcomes[1]?.detail, "found two")
  }))

it.live("a law that dies, a storage that does not open and a law without end are broken", () =>
  Effect.gen(function*() {
    const dying = yield* runLaw(memory, lawOf("law.dies", () => Effect.die(new Error("a defect"))))
    assert.strictEqual(dying.verdict, "broken")
    assert.include(dying.detail, "a defect")
    const unopened = yield* runLaw({ name: "none", fresh: Effect.fail("no disk") }, holding)
    assert.strictEqual(unopened.verdict, "broken")
    assert.include(unopened.detail, "no disk")
    const endless = yield* runLaw(memory, lawOf("law.hangs", () => Effect.never), { limit: "1 millis" })
    assert.strictEqual(endless.detail, "no end within 1ms")
  }))

it.live("a law closes what it opened, and can be interrupted", () =>
  Effect.gen(function*() {
    const events: Array<string> = []
    const fresh = Effect.as(
      Effect.addFinalizer(() => Effect.sync(() => events.push("removed"))),
      {
        open: Effect.tap(
          MemoryAdapter.make(),
          () => Effect.addFinalizer(() => Effect.sync(() => events.push("closed")))
        )
      }
    )
    const opening = lawOf("law.opens", (storage) => Effect.asVoid(storage.open))
    yield* runLaw({ name: "watched", fresh }, opening)
    assert.deepStrictEqual(events, ["closed", "closed", "removed"])
    const fiber = yield* Effect.forkChild(runLaw(memory, lawOf("law.waits", () => Effect.never)), {
      startImmediately: true
    })
    yield* Fiber.interrupt(fiber)
    assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(fiber)))
  }))

it.live("a known gap is expected to be broken, and to be deleted once it is not", () =>
  Effect.gen(function*() {
    const [held, broke, skipped] = yield* checkAll(memory, [holding, breaking, unasked])
    assert.strictEqual(complaintOf(held!, []), undefined)
    assert.strictEqual(complaintOf(skipped!, []), undefined)
    assert.strictEqual(complaintOf(broke!, []), "law.breaks is broken: found two")
    assert.strictEqual(complaintOf(broke!, ["law.breaks"]), undefined)
    assert.include(complaintOf(held!, ["law.holds"])!, "it holds: delete the entry")
    assert.include(complaintOf(skipped!, ["law.isNotAsked"])!, "does not ask for it: delete the entry")
  }))

it.live("the tables show every law and find what nobody sees", () =>
  Effect.gen(function*() {
    const outcomes = yield* checkAll(memory, [holding, breaking, unasked])
    const byAdapter = renderLawsByAdapter([{ name: "memory", outcomes }], { knownGaps: ["law.breaks"] }).split("\n")
    assert.deepStrictEqual(byAdapter.map((line) => line.split(/ {2,}/).slice(1)), [
      ["law", "memory", "title"],
      ["law.holds", "holds", "the law law.holds"],
      ["law.breaks", "known gap", "the law law.breaks"],
      ["law.isNotAsked", "-", "the law law.isNotAsked"]
    ])
    const columns: ReadonlyArray<Column> = [
      { name: "first", outcomes },
      { name: "second", outcomes: outcomes.filter(({ verdict }) => verdict !== "broken") }
    ]
    assert.match(renderLawsByMutant(columns), /law\.breaks +1 +x\n/)
    assert.deepStrictEqual(unbrokenLaws(columns), ["law.holds", "law.isNotAsked"])
    assert.deepStrictEqual(unseenFlaws(columns), ["second"])
  }))
