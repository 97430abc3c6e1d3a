/**
 * The story of the app whose sessions are gone, with the program itself on kernel file systems that fail: renames
 * answer EXDEV, folders cannot be listed, and an import is killed in the middle.
 */
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { mkdirSync, readdirSync } from "node:fs"
import { constants } from "node:os"
import { join } from "node:path"
import { temporaryFolder } from "../../../../testing/real/app.ts"
import { makeNamespace, mountPassthrough } from "../../../../testing/real/mounts.ts"
import { traced } from "../../../../testing/real/tracer.ts"
import { contentOf, makeBrokenApp, wholeTitles } from "../brokenApp.ts"
import { runCli } from "../cli.ts"
import { filesWith } from "../stores.ts"
import { holdfast, programLayer, start, type Under } from "./program.ts"

const { EXDEV } = constants.errno

const titlesIn = Effect.fnUntraced(function*(store: string, under?: Under) {
  const { stdout } = yield* holdfast(["ls", "--store", store, "--json"], under)
  const { sessions } = JSON.parse(stdout) as { sessions: ReadonlyArray<{ summary: { title: string } }> }
  return sessions.map(({ summary }) => summary.title).toSorted()
})

layer(programLayer, { excludeTestServices: true })("the program", (it) => {
  it.effect("brings every valid session back where the kernel refuses renames, and takes it back again", () =>
    Effect.gen(function*() {
      const namespace = yield* makeNamespace
      const { backing, folder, tell } = yield* mountPassthrough(namespace, yield* temporaryFolder)
      yield* tell({ faults: { rename: EXDEV, link: EXDEV } })
      const [store, seen] = [join(backing, "sessions"), join(folder, "sessions")]
      makeBrokenApp(store)
      const before = contentOf(store)
      const inside = { under: namespace.enter }
      const doctor = yield* holdfast(["doctor", "--store", seen], inside)
      assert.strictEqual(doctor.code, 1, doctor.stderr)
      assert.include(doctor.stdout, "fails: rename (EXDEV)")
      assert.include(doctor.stdout, "6 sessions are not gone")
      assert.strictEqual((yield* holdfast(["recover", "--store", seen], inside)).code, 1)
      assert.deepStrictEqual(contentOf(store), before)
      const applied = yield* holdfast(["recover", "--store", seen, "--apply"], inside)
      assert.strictEqual(applied.code, 0, applied.stdout + applied.stderr)
      assert.deepStrictEqual(yield* titlesIn(seen, inside), wholeTitles)
      const again = yield* holdfast(["recover", "--store", seen, "--apply"], inside)
      assert.include(again.stdout, "there is nothing to do")
      const [backup] = readdirSync(backing).filter((name) => name.startsWith("sessions.backup-"))
      const undone = yield* holdfast(["recover", "--undo", join(folder, backup!)], inside)
      assert.strictEqual(undone.code, 0, undone.stderr)
      assert.deepStrictEqual(contentOf(store), before)
    }))

  it.effect("says of a folder whose listing fails that it cannot be read, and not that it is empty", () =>
    Effect.gen(function*() {
      const store = join(yield* temporaryFolder, "sessions")
      makeBrokenApp(store)
      const before = contentOf(store)
      for (const command of ["doctor", "recover", "ls"]) {
        const ran = yield* holdfast([command, "--store", store], traced("getdents64", "error=EIO"))
        assert.strictEqual(ran.code, 2, `${command}: ${ran.stdout}${ran.stderr}`)
        assert.notInclude(ran.stdout, "0 sessions")
      }
      assert.deepStrictEqual(contentOf(store), before)
    }))

  it.effect("is killed in the middle of an import, and the next run ends it without doubling", () =>
    Effect.gen(function*() {
      const folder = yield* temporaryFolder
      const [source, target, bundle] = [join(folder, "source"), join(folder, "target"), join(folder, "bundle")]
      const numbers = Array.from({ length: 60 }, (_, number) => number)
      yield* filesWith(
        source,
        numbers.map((number) => ({
          key: `acct/chat_${number}`,
          state: { title: `Chat ${number}` },
          entries: ["hello"]
        }))
      )
      yield* runCli(["export", "--store", source, "--out", bundle])
      const dying = yield* start(["import", bundle, "--store", target])
      yield* Effect.suspend(() => {
        mkdirSync(join(target, "acct"), { recursive: true })
        return readdirSync(join(target, "acct")).length > 10 ? Effect.void : Effect.fail("early")
      }).pipe(Effect.retry({ schedule: Schedule.spaced("1 millis"), times: 20_000 }), Effect.andThen(dying.kill))
      const ended = yield* holdfast(["import", bundle, "--store", target, "--json"])
      const { imported, left, same } = JSON.parse(ended.stdout) as Record<string, unknown>
      assert.deepStrictEqual([ended.code, Number(imported) + Number(same), left], [0, 60, []], ended.stderr)
      assert.isAbove(Number(same), 0)
      const verified = yield* holdfast(["verify", "--store", target, "--json"])
      const { entries, isSound, sessions } = JSON.parse(verified.stdout) as Record<string, unknown>
      assert.deepStrictEqual([sessions, entries, isSound], [60, 60, true], verified.stdout)
    }))

  it.effect("tells what another process saves and removes, as it happens", () =>
    Effect.gen(function*() {
      const store = join(yield* temporaryFolder, "sessions")
      yield* filesWith(store, [{ key: "acct/a", state: { title: "One" } }])
      const watching = yield* start(["watch", "--store", store, "--count", "2", "--json"])
      // The first line is the health: from then on it watches.
      yield* watching.see((lines) => lines[0])
      yield* filesWith(store, [{ key: "acct/b", state: { title: "Two" } }])
      yield* watching.see((lines) => lines[1])
      yield* runCli(["rm", "acct/a", "--store", store])
      const { code } = yield* watching.ended
      const told = watching.lines.slice(1).map((line) => JSON.parse(line) as { change: string; key: string })
      assert.deepStrictEqual([code, told.map(({ change, key }) => [change, key])], [0, [
        ["saved", "acct/b"],
        ["removed", "acct/a"]
      ]])
    }))
})
