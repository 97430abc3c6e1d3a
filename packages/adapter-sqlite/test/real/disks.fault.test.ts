import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { readdirSync, rmSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { failed, refusal, temporaryFolder } from "../../../../testing/real/app.ts"
import { change, changeAll, judge } from "../../../../testing/real/judge.ts"
import { makeLedger } from "../../../../testing/real/ledger.ts"
import { makeNamespace, mountMemory } from "../../../../testing/real/mounts.ts"
import { type Answer, append, type Change, save } from "../../../../testing/real/notes.ts"
import { filesIn } from "../verbs.ts"
import { type AppOptions, program, startApp } from "./app.ts"

const kilobytes = (count: number): string => "x".repeat(count * 1024)

/** A small disk, a store on it, and a file that takes the rest of it up. */
const smallDisk = Effect.fnUntraced(function*(size: number) {
  const namespace = yield* makeNamespace
  const disk = yield* temporaryFolder
  yield* mountMemory(namespace, disk, `${size}k`)
  const outside = namespace.outside(disk)
  const ballast = join(outside, "ballast")
  const start = (options?: Partial<AppOptions>) =>
    startApp({ filename: join(disk, "sessions.db"), under: namespace.enter, ...options })
  return {
    disk,
    namespace,
    outside,
    start,
    /** Leaves so many kilobytes free; what is in use is counted in whole pages. */
    leave: (free: number) => {
      rmSync(ballast, { force: true })
      const used = readdirSync(outside).reduce(
        (sum, name) => sum + Math.ceil(statSync(join(outside, name)).size / 4096),
        0
      )
      writeFileSync(ballast, kilobytes(size - free - used * 4))
    },
    free: () => rmSync(ballast)
  }
})

/** How many of the answers say that there was no space; all others are acknowledgements. */
const refusedCount = (answers: ReadonlyArray<Answer>): number => {
  const refused = answers.filter((answer) => answer._tag !== "Written")
  for (const answer of refused) assert.deepStrictEqual(refusal(answer), ["NoSpace", "notApplied"])
  return refused.length
}

layer(program, { excludeTestServices: true })("on a full disk", (it) => {
  it.effect("no store is opened, nothing is taken for one, and it opens once there is space", () =>
    Effect.gen(function*() {
      const { free, leave, start } = yield* smallDisk(1024)
      for (const space of [0, 4, 8, 16, 32]) {
        leave(space)
        const app = yield* start()
        assert.deepStrictEqual(refusal(yield* app.opened), ["NoSpace", "notApplied"], `${space}k`)
        yield* app.close
      }
      free()
      const { ask } = yield* start()
      const ledger = makeLedger()
      yield* changeAll(ask, ledger, [save("a", "one")])
      yield* judge(ledger, ask)
    }))

  it.effect("a save is refused whole, and works once there is space", () =>
    Effect.gen(function*() {
      const { free, leave, start } = yield* smallDisk(2048)
      const ledger = makeLedger()
      const { ask } = yield* start()
      yield* changeAll(ask, ledger, [save("early", kilobytes(10)), append("early", "hello")])
      leave(600)
      const fill = Array.from({ length: 60 }, (_, index) => save(`acct/fill-${index}`, kilobytes(20)))
      assert.isAbove(refusedCount(yield* change(ask, ledger, fill)), 10)
      // Room for the beginning of a write, not for all of it; and none at all.
      for (const space of [12, 0]) {
        leave(space)
        const more: ReadonlyArray<Change> = [
          save("early", kilobytes(300)),
          append("early", kilobytes(300)),
          { name: "commit", key: "early", state: { title: "early", text: "both" }, entries: [kilobytes(300)] },
          save("new", kilobytes(300))
        ]
        assert.strictEqual(refusedCount(yield* change(ask, ledger, more)), 4)
        yield* judge(ledger, ask)
      }
      free()
      yield* changeAll(ask, ledger, [save("early", kilobytes(20)), append("early", "world"), save("new", "one")])
      yield* judge(ledger, ask)
      yield* judge(ledger, (yield* start()).ask)
    }))

  it.effect("saves that come together are each told the truth: one that is too large takes none with it", () =>
    Effect.gen(function*() {
      const { leave, start } = yield* smallDisk(4096)
      const ledger = makeLedger()
      const app = yield* start()
      const first = Array.from({ length: 8 }, (_, index) => save(`${index}`, "one"))
      yield* changeAll(app.ask, ledger, first)
      leave(800)
      const lanes = yield* app.run(
        Array.from({ length: 8 }, (_, index) => [save(`${index}`, index === 3 ? kilobytes(2000) : kilobytes(2))])
      )
      yield* app.answers(8 + 1 + 8)
      const answers = lanes.map(([lane]) => lane!.answer()!)
      assert.deepStrictEqual(
        answers.map((answer) => answer._tag === "Written" ? "Written" : refusal(answer)[0]),
        Array.from({ length: 8 }, (_, index) => index === 3 ? "NoSpace" : "Written")
      )
      ledger.noteLanes(lanes)
      yield* judge(ledger, app.ask)
      yield* app.kill
      yield* judge(ledger, (yield* start()).ask)
    }))

  it.effect("what was acknowledged outlives a death", () =>
    Effect.gen(function*() {
      const { free, leave, start } = yield* smallDisk(1536)
      const ledger = makeLedger()
      const app = yield* start()
      yield* changeAll(app.ask, ledger, [save("a", "one"), append("a", "hello")])
      leave(100)
      yield* change(app.ask, ledger, Array.from({ length: 20 }, (_, index) => save(`${index % 3}`, kilobytes(10))))
      yield* app.kill
      const late = yield* start()
      yield* judge(ledger, late.ask)
      yield* change(late.ask, ledger, [save("a", kilobytes(300))])
      free()
      yield* changeAll(late.ask, ledger, [save("a", kilobytes(300))])
      yield* judge(ledger, late.ask)
    }))
})

layer(program, { excludeTestServices: true })("on a disk that is mounted again", (it) => {
  it.effect("read-only, a store that was closed is refused, is as it was, and opens when it may be written", () =>
    Effect.gen(function*() {
      const { disk, namespace, outside, start } = yield* smallDisk(1024)
      const ledger = makeLedger()
      const first = yield* start()
      yield* changeAll(first.ask, ledger, [save("acct/a", "one"), append("acct/a", "hello")])
      yield* first.close
      const before = filesIn(outside)
      yield* namespace.run("mount", "-o", "remount,ro", disk)
      const second = yield* start()
      const [tag, outcome] = refusal(yield* second.opened)
      assert.include(["ReadOnly", "Unavailable"], tag)
      assert.strictEqual(outcome, "notApplied")
      yield* second.close
      assert.deepStrictEqual(filesIn(outside), before)
      yield* namespace.run("mount", "-o", "remount,rw", disk)
      yield* judge(ledger, (yield* start()).ask)
    }))

  it.effect("read-only, a store whose writer was killed is read, refuses saves, and goes on when it may be written", () =>
    Effect.gen(function*() {
      const { disk, namespace, outside, start } = yield* smallDisk(1024)
      const ledger = makeLedger()
      const first = yield* start()
      yield* changeAll(first.ask, ledger, [save("acct/a", "one"), append("acct/a", "hello"), save("b", "one")])
      yield* first.kill
      const before = filesIn(outside)
      yield* namespace.run("mount", "-o", "remount,ro", disk)
      const { ask, close } = yield* start()
      yield* judge(ledger, ask)
      const changes: ReadonlyArray<Change> = [
        save("acct/a", "two"),
        save("new/c", "one"),
        append("acct/a", "lost"),
        { name: "remove", key: "b" }
      ]
      for (const answer of yield* change(ask, ledger, changes)) {
        assert.deepStrictEqual(refusal(answer), ["ReadOnly", "notApplied"])
      }
      yield* close
      assert.deepStrictEqual(filesIn(outside), before)
      yield* namespace.run("mount", "-o", "remount,rw", disk)
      const late = yield* start()
      yield* changeAll(late.ask, ledger, changes)
      yield* judge(ledger, late.ask)
    }))

  it.effect("with another disk in its place, a store is unreadable rather than served from that one", () =>
    Effect.gen(function*() {
      const { disk, namespace, start } = yield* smallDisk(1024)
      const ledger = makeLedger()
      const { ask } = yield* start()
      yield* changeAll(ask, ledger, [save("a", "one")])
      yield* mountMemory(namespace, disk, "1m")
      for (const operation of [{ name: "list" } as const, { name: "load", key: "c" } as const, save("c", "one")]) {
        assert.strictEqual(failed(yield* ask(operation))._tag, "DirectoryUnreadable")
      }
      assert.deepStrictEqual(readdirSync(namespace.outside(disk)), [])
      const stranger = yield* start()
      yield* changeAll(stranger.ask, makeLedger(), [save("b", "a stranger's")])
      assert.strictEqual(failed(yield* ask({ name: "load", key: "b" }))._tag, "DirectoryUnreadable")
      yield* stranger.close
      yield* namespace.run("umount", disk)
      yield* judge(ledger, ask)
    }))
})
