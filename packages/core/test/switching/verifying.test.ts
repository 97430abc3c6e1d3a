/** A target that does not keep what it was given: the copy is read back, so the switch fails and nothing is lost. */
import { assert, it } from "@effect/vitest"
import type { Operation } from "@holdfast/core"
import { Effect, Stream } from "effect"
import {
  type Adapter,
  append,
  commit,
  key,
  makeStore,
  openSwitch,
  other,
  put,
  readAs,
  said,
  switchTo,
  through
} from "./stores.ts"

type Restore = Extract<Operation, { readonly _tag: "Restore" }>

/** An adapter that stores copies of one session otherwise than it was told, and says that it did as it was told. */
const storing = (otherwise: (restore: Restore) => Restore) => ({ commit: send }: Adapter): Partial<Adapter> => ({
  commit: (change) =>
    send({
      ...change,
      operations: change.operations.map((each) =>
        each._tag === "Restore" && each.key.id === key.id ? otherwise(each) : each
      )
    })
})

const withHead = (head: Partial<Restore["record"]["head"]>) =>
  storing((restore) => ({ ...restore, record: { ...restore.record, head: { ...restore.record.head, ...head } } }))

const flaws: { readonly [flaw: string]: (adapter: Adapter) => Partial<Adapter> } = {
  "another body": storing((restore) => ({ ...restore, record: { ...restore.record, body: "\"another\"" } })),
  "another summary": withHead({ summary: "{\"value\":\"another\"}" }),
  "another kind": withHead({ kind: "another" }),
  "another time": withHead({ updatedAt: 12_345 }),
  "no write ids": storing((restore) => ({ ...restore, record: { ...restore.record, writes: [] } })),
  "another entry": storing((restore) => ({
    ...restore,
    entries: Stream.map(
      restore.entries,
      (entry) => ({ ...entry, entry: entry.index === 1 ? "\"another\"" : entry.entry })
    )
  })),
  "one entry less": storing((restore) => ({
    ...restore,
    record: { ...restore.record, head: { ...restore.record.head, entryCount: restore.record.head.entryCount - 1 } },
    entries: Stream.take(restore.entries, restore.record.head.entryCount - 1)
  })),
  nothing: ({ commit: send, load }) => {
    const lost = new Set<string>()
    return {
      commit: (change) =>
        Effect.tap(send(change), () => Effect.sync(() => change.operations.forEach((each) => lost.add(each.key.id)))),
      load: (of) => of.id === key.id && lost.has(of.id) ? Effect.succeedNone : load(of)
    }
  }
}

for (const [flaw, over] of Object.entries(flaws)) {
  it.effect(`a target that stores ${flaw} is never switched to`, () =>
    Effect.gen(function*() {
      const stores = { files: yield* makeStore(), sqlite: through(yield* makeStore(), over) }
      const { adapter, control } = yield* openSwitch(stores)
      yield* commit(adapter, put(key, 1), append(key, "a", "b"))
      yield* commit(adapter, put(other, 2))
      const { reason, serving } = yield* Effect.flip(switchTo(control, "sqlite"))
      assert.deepInclude(reason, { _tag: "NotVerified", keys: [key] })
      assert.strictEqual(serving, "files")
      assert.deepStrictEqual([said(stores.files), said(stores.sqlite)], ["current@1", "retired@2"])
      yield* commit(adapter, append(key, "c"))
      assert.deepStrictEqual(yield* readAs(adapter, key), [1, "a", "b", "c"])
    }))
}

it.effect("a session that the target loses after it was copied is found by the listings, and copied again", () =>
  Effect.gen(function*() {
    const files = yield* makeStore()
    let isLost = false
    const sqlite = through(yield* makeStore(), ({ list }) => ({
      // Lost between the copy and the comparison: the first listing of the comparison is that of the source.
      list: (query) =>
        Stream.unwrap(Effect.sync(() => {
          if (!isLost && said(files).startsWith("retired")) {
            isLost = true
            sqlite.memory.cells.clear()
          }
          return list(query)
        }))
    }))
    const { adapter, control } = yield* openSwitch({ files, sqlite })
    yield* commit(adapter, put(key, 1), append(key, "a"))
    const told = yield* switchTo(control, "sqlite")
    const counts = told.flatMap((step) => step._tag === "Verifying" ? [step.differingCount] : [])
    assert.deepStrictEqual(counts, [1, 0])
    assert.deepStrictEqual(yield* readAs(adapter, key), [1, "a"])
  }))
