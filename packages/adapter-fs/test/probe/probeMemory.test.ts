/** What is known of a folder is kept while somebody has it open, and dropped after a surprise. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Scope } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { makeIo } from "../../src/io/Io.ts"
import { acquireFacts, forgetProbe, rememberFacts } from "../../src/probe/probeMemory.ts"
import type { FaultRule } from "../../src/testing/FaultyFileSystem.ts"
import { faulty, quickFolder, recorded } from "../kit.ts"
import { factsOf, nodePath } from "./facts.ts"

/** A folder on a file system that counts probes, and that can come to refuse renames. */
const world = Effect.gen(function*() {
  const root = yield* quickFolder
  const { calls, fileSystem } = recorded()
  const rules: Array<FaultRule> = []
  const io = makeIo(faulty(rules, fileSystem), "refused")
  const acquire = (from = root) => acquireFacts({ io, path: nodePath }, { root: from, realPath: root })
  const probes = () => calls.filter(({ flag, path: file }) => flag === "wx" && file.endsWith(".a")).length
  return { acquire, io, probes, root, rules }
})

describe("the facts of a folder", () => {
  it.live("are found out once for all who have it open, by whichever path", () =>
    Effect.gen(function*() {
      const { acquire, probes, root } = yield* world
      fs.symlinkSync(root, path.join(root, "link"))
      const first = yield* acquire()
      const linked = yield* acquire(path.join(root, "link"))
      assert.strictEqual(probes(), 1)
      assert.deepStrictEqual(linked.tried, first.tried)
      assert.deepStrictEqual([first.folder, linked.folder], [root, path.join(root, "link")])
    }))

  it.live("are found out afresh after everybody has closed it", () =>
    Effect.gen(function*() {
      const { acquire, probes, rules } = yield* world
      const scopes = [yield* Scope.make(), yield* Scope.make()]
      for (const scope of scopes) yield* Scope.provide(acquire(), scope)
      yield* Scope.close(scopes[0]!, Exit.void)
      yield* Effect.scoped(acquire())
      assert.strictEqual(probes(), 1)
      yield* Scope.close(scopes[1]!, Exit.void)
      rules.push({ operation: "rename", code: "EXDEV" })
      assert.strictEqual((yield* acquire()).tried.rename.detail, "EXDEV")
      assert.strictEqual(probes(), 2)
    }))

  it.live("are found out afresh after a surprise, by whichever path it was met", () =>
    Effect.gen(function*() {
      const { acquire, io, probes, root, rules } = yield* world
      const link = path.join(root, "link")
      fs.symlinkSync(root, link)
      assert.strictEqual((yield* acquire()).tried.rename.outcome, "works")
      yield* acquire(link)
      rules.push({ operation: "rename", code: "EXDEV" })
      forgetProbe({ io, root: link })
      assert.strictEqual((yield* acquire()).tried.rename.detail, "EXDEV")
      assert.strictEqual(probes(), 2)
      forgetProbe({ io, root: "/elsewhere" })
      yield* acquire()
      assert.strictEqual(probes(), 2)
    }))

  it.live("are those of the last probe", () =>
    Effect.gen(function*() {
      const { acquire, io, probes, root } = yield* world
      yield* acquire()
      rememberFacts({ io, root }, factsOf({ rename: { outcome: "fails", detail: "EXDEV" } }))
      const { folder, tried } = yield* acquire()
      assert.deepStrictEqual([folder, tried.rename.detail, probes()], [root, "EXDEV", 1])
    }))

  it.live("are not those of another file system", () =>
    Effect.gen(function*() {
      const { acquire, root } = yield* world
      yield* acquire()
      const io = makeIo(faulty([{ operation: "rename", code: "EXDEV" }]), "refused")
      const { tried } = yield* acquireFacts({ io, path: nodePath }, { root, realPath: root })
      assert.strictEqual(tried.rename.detail, "EXDEV")
    }))
})
