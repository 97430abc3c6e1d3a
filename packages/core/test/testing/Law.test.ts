/** Laws are data, and running one tells what came of it, whatever goes wrong. */
import { assert, it } from "@effect/vitest"
import { MemoryAdapter } from "@holdfast/adapter-memory"
import {
  checkAll,
  type Column,
  complaintOf,
  equal,
  family,
  type Fault,
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
import { inTime } from "../../src/testing/patience.ts"

const memory: Harness = {
  name: "memory",
  fresh: Effect.sync(() => ({ open: MemoryAdapter.make(MemoryAdapter.makeMemory()) }))
}

const lawOf = (id: string, run: Law["run"], rest?: Partial<Law>): Law => ({
  id,
  title: `the law ${id}`,
  family: "round trip",
  needs: () => true,
  run,
  ...rest
})

const holding = lawOf("law.holds", () => Effect.void)
const breaking = lawOf("law.breaks", () => Effect.fail(new LawBroken({ message: "found two" })))
const unasked = lawOf("law.isNotAsked", () => Effect.die("never run"), { needs: () => false })
const unoffered = lawOf("law.isNotOffered", () => Effect.die("never run"), { asks: ["faults", "elsewhere"] })

it("there are many laws, each with an id and a title of its own", () => {
  assert.isAtLeast(laws.length, 90)
  assert.strictEqual(new Set(laws.map(({ id }) => id)).size, laws.length)
  assert.strictEqual(new Set(laws.map(({ title }) => title)).size, laws.length)
  for (const { id, title } of laws) {
    assert.match(id, /^[a-z][A-Za-z]*\.[a-z][A-Za-z]*$/)
    assert.notMatch(title, /\bshould\b|\.$/, id)
  }
})

it.live("a law holds, is broken or is not applicable, and says why", () =>
  Effect.gen(function*() {
    const outcomes = yield* checkAll(memory, [holding, breaking, unasked, unoffered])
    assert.deepStrictEqual(outcomes.map(({ detail, law, verdict }) => [law.id, verdict, detail]), [
      ["law.holds", "holds", ""],
      ["law.breaks", "broken", "found two"],
      ["law.isNotAsked", "notApplicable", "the adapter's capability does not ask for it"],
      ["law.isNotOffered", "notApplicable", "the harness does not offer faults"]
    ])
  }))

it.live("a law gets what it asks for, and is broken by using anything else", () =>
  Effect.gen(function*() {
    const [asking, taking] = family("faults", [
      {
        id: "law.asks",
        title: "a law that asks for faults",
        asks: ["faults"],
        run: function*({ faults }) {
          yield* equal(faults.map(({ name }) => name), ["nothing happens"], "the faults")
        }
      },
      {
        id: "law.takes",
        title: "a law that does not ask for another process",
        run: function*({ elsewhere }) {
          yield* elsewhere
        }
      }
    ])
    const nothing: Fault = {
      name: "nothing happens",
      reasons: [],
      hits: [],
      inject: Effect.void,
      lift: Effect.void
    }
    const fresh = Effect.map(memory.fresh, (storage) => ({ ...storage, faults: [nothing] }))
    const [held, broke] = yield* checkAll({ ...memory, fresh }, [asking!, taking!])
    assert.strictEqual(held?.verdict, "holds", held?.detail)
    assert.include(broke?.detail, "uses elsewhere and does not ask for it")
  }))

it.live("a law waits no longer than its run is patient", () =>
  Effect.gen(function*() {
    const waiting = lawOf("law.waits", () => inTime(Effect.never, "something comes"))
    const outcome = yield* runLaw(memory, waiting, { patience: "1 millis" })
    assert.strictEqual(outcome.detail, "not within 1ms: something comes")
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
    const [held, broke, skipped, lacking] = yield* checkAll(memory, [holding, breaking, unasked, unoffered])
    assert.strictEqual(complaintOf(held!, []), undefined)
    assert.strictEqual(complaintOf(skipped!, []), undefined)
    assert.strictEqual(complaintOf(broke!, []), "law.breaks is broken: found two")
    assert.strictEqual(complaintOf(broke!, ["law.breaks"]), undefined)
    assert.include(complaintOf(held!, ["law.holds"])!, "it holds: delete the entry")
    assert.include(complaintOf(skipped!, ["law.isNotAsked"])!, "does not ask for it: delete the entry")
    assert.include(complaintOf(lacking!, ["law.isNotOffered"])!, "does not offer faults: delete the entry")
  }))

it.live("the tables show every law and find what nobody sees", () =>
  Effect.gen(function*() {
    const outcomes = yield* checkAll(memory, [holding, breaking, unasked])
    const byAdapter = renderLawsByAdapter([{ name: "memory", outcomes }], { knownGaps: ["law.breaks"] }).split("\n")
    assert.deepStrictEqual(byAdapter.map((line) => line.split(/ {2,}/).slice(1)), [
      ["law", "memory", "title"],
      ["law.holds", "holds", "the law law.holds"],
      ["law.breaks", "known gap", "the law law.breaks"],
      ["law.isNotAsked", "-", "the law law.isNotAsked"],
      []
    ])
    assert.match(byAdapter.at(-1)!, /^- memory, the adapter's capability does not ask for it: law\.isNotAsked$/)
    const columns: ReadonlyArray<Column> = [
      { name: "first", outcomes },
      { name: "second", outcomes: outcomes.filter(({ verdict }) => verdict !== "broken") }
    ]
    assert.match(renderLawsByMutant(columns), /law\.breaks +1 +x\n/)
    assert.deepStrictEqual(unbrokenLaws(columns), ["law.holds", "law.isNotAsked"])
    assert.deepStrictEqual(unseenFlaws(columns), ["second"])
  }))
