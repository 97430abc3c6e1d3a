/** Locks between processes: two sets of them on one folder exclude each other, as those of two processes do. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Latch, Option } from "effect"
import { TestClock } from "effect/testing"
import * as fs from "node:fs"
import * as path from "node:path"
import { hostLockCount, type HostLocks, lockNumber, openHostLocks } from "../../src/io/hostLocks.ts"
import { LockDatabases } from "../../src/io/lockDatabase.ts"
import { quickFolder } from "../kit.ts"

const opened = (folder: string) =>
  Effect.flatMap(
    openHostLocks((index) => path.join(folder, `lock-${index}.db`), Effect.void),
    (locks) => Effect.fromOption(locks)
  )

/** Holds a key until it is told to let go. */
const hold = Effect.fnUntraced(function*({ lock }: HostLocks, key: string) {
  const held = yield* Latch.make()
  const released = yield* Latch.make()
  const fiber = yield* Effect.forkChild(lock(key)(Effect.andThen(held.open, released.await)))
  yield* held.await
  return { letGo: Effect.andThen(released.open, Fiber.join(fiber)) }
})

/** A key with another lock than `key` has. */
const elsewhereThan = (key: string): string =>
  Array.from({ length: 99 }, (_, n) => `k${n}`).find((other) => lockNumber(other) !== lockNumber(key))!

/** A key with the same lock as `key`. */
const besides = (key: string): string =>
  Array.from({ length: 99 }, (_, n) => `k${n}`).find((other) => lockNumber(other) === lockNumber(key))!

describe("locks between processes", () => {
  it.live("let one in at a time, whatever the other does meanwhile", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const parties = [yield* opened(folder), yield* opened(folder)]
      let inside = 0
      let most = 0
      let count = 0
      const work = Effect.gen(function*() {
        inside += 1
        most = Math.max(most, inside)
        const before = count
        yield* Effect.sleep(1)
        count = before + 1
        inside -= 1
      })
      yield* Effect.all(
        parties.map(({ lock }) => Effect.forEach(Array.from({ length: 25 }), () => lock("a")(work))),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual([most, count], [1, 50])
    }))

  it.live("keep nobody from a key with another lock", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const [mine, theirs] = [yield* opened(folder), yield* opened(folder)]
      const { letGo } = yield* hold(mine, "a")
      assert.strictEqual(yield* theirs.lock(elsewhereThan("a"))(Effect.succeed("in")), "in")
      yield* letGo
    }))

  it.live("do not keep the same process from another key, even while a write of it hangs", () =>
    Effect.gen(function*() {
      const locks = yield* opened(yield* quickFolder)
      const { letGo } = yield* hold(locks, "a")
      yield* Effect.sleep(60)
      assert.strictEqual(yield* locks.lock(besides("a"))(Effect.succeed("in")), "in")
      yield* letGo
    }))

  it.live("come to another process in time while one writes without a pause", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const [busy, other] = [yield* opened(folder), yield* opened(folder)]
      const writers = yield* Effect.forkChild(Effect.all(
        ["a", besides("a")].map((key) => Effect.forever(busy.lock(key)(Effect.sleep(3)))),
        { concurrency: "unbounded" }
      ))
      const turns = yield* Effect.timeoutOption(
        Effect.forEach(Array.from({ length: 5 }), () => other.lock("a")(Effect.void)),
        "5 seconds"
      )
      assert.isTrue(Option.isSome(turns))
      yield* Fiber.interrupt(writers)
    }))

  it.live("are given up by whoever is interrupted while it waits, and by whoever is interrupted inside", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const [mine, theirs] = [yield* opened(folder), yield* opened(folder)]
      const { letGo } = yield* hold(mine, "a")
      const waiting = yield* Effect.forkChild(theirs.lock("a")(Effect.void), { startImmediately: true })
      yield* Effect.sleep(10)
      yield* Fiber.interrupt(waiting)
      yield* letGo
      const inside = yield* Effect.forkChild(theirs.lock("a")(Effect.never), { startImmediately: true })
      yield* Effect.sleep(10)
      yield* Fiber.interrupt(inside)
      assert.strictEqual(yield* mine.lock("a")(Effect.succeed("in")), "in")
    }))

  it.live("are passed only when what the other one had begun has ended", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const [mine, theirs] = [yield* opened(folder), yield* opened(folder)]
      const { letGo } = yield* hold(mine, "a")
      let hasPassed = false
      const passing = yield* Effect.forkChild(Effect.andThen(theirs.passAll, Effect.sync(() => (hasPassed = true))))
      yield* Effect.sleep(50)
      assert.isFalse(hasPassed)
      yield* letGo
      yield* Fiber.join(passing)
      assert.isTrue(hasPassed)
    }))

  it.live("exclude each other again when their files were replaced under one of them", () =>
    Effect.gen(function*() {
      const folder = path.join(yield* quickFolder, "locks")
      fs.mkdirSync(folder)
      const before = yield* opened(folder)
      yield* before.lock("a")(Effect.void)
      fs.renameSync(folder, `${folder}-away`)
      fs.mkdirSync(folder)
      const { letGo } = yield* hold(yield* opened(folder), "a")
      const waiting = yield* Effect.forkChild(before.lock("a")(Effect.succeed("in")), { startImmediately: true })
      yield* Effect.sleep(50)
      assert.isUndefined(waiting.pollUnsafe())
      yield* letGo
      assert.strictEqual(yield* Fiber.join(waiting), "in")
    }))

  it.live("are not there where a place has none", () =>
    Effect.gen(function*() {
      const folder = path.join(yield* quickFolder, "missing")
      assert.isTrue(Option.isNone(yield* openHostLocks((index) => path.join(folder, `${index}`), Effect.void)))
    }))

  it.live("are files for their owner alone", () =>
    Effect.gen(function*() {
      const folder = yield* quickFolder
      const locks = yield* opened(folder)
      for (let n = 0; n < 99; n++) yield* locks.lock(`k${n}`)(Effect.void)
      const names = fs.readdirSync(folder)
      assert.strictEqual(names.length, hostLockCount)
      assert.deepStrictEqual(
        new Set(names.map((name) => fs.statSync(path.join(folder, name)).mode & 0o777)),
        new Set([0o600])
      )
    }))

  it.effect("fail as busy, with nothing begun, when somebody keeps one for too long", () =>
    Effect.gen(function*() {
      let isKept = false
      const reserve = Effect.suspend(() => isKept ? Effect.fail({ _tag: "Busy" as const }) : Effect.void)
      const database = { share: Effect.void, takeAlone: Effect.void, release: Effect.void, reserve }
      const { lock } = yield* Effect.provideService(opened("/nowhere"), LockDatabases, {
        open: () => Effect.succeed(database)
      })
      isKept = true
      let hasBegun = false
      const work = Effect.sync(() => (hasBegun = true))
      const waiting = yield* Effect.forkChild(Effect.flip(lock("a")(work)))
      yield* TestClock.adjust("11 seconds")
      const reason = yield* Fiber.join(waiting)
      assert.deepStrictEqual([reason._tag, reason.outcome, hasBegun], ["Busy", "notApplied", false])
    }))
})
