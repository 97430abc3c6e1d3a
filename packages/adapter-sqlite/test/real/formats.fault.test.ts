import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { join } from "node:path"
import { refusal, temporaryFolder } from "../../../../testing/real/app.ts"
import { makeNamespace, mountMemory } from "../../../../testing/real/mounts.ts"
import { key, makeFormer } from "../former.ts"
import { filesIn, stateOf, visit } from "../verbs.ts"
import { program, startApp } from "./app.ts"

layer(program, { excludeTestServices: true })("on a disk that is mounted read-only, a store of format 1", (it) => {
  for (const journal of ["delete", "wal"] as const) {
    it.effect(`with journal ${journal} is refused and is as it was, and opens when it may be written`, () =>
      Effect.gen(function*() {
        const namespace = yield* makeNamespace
        const disk = yield* temporaryFolder
        yield* mountMemory(namespace, disk, "1m")
        const outside = namespace.outside(disk)
        makeFormer(join(outside, "sessions.db"), journal)
        const before = filesIn(outside)
        yield* namespace.run("mount", "-o", "remount,ro", disk)
        const start = startApp({ filename: join(disk, "sessions.db"), under: namespace.enter })
        const first = yield* start
        const [tag, outcome] = refusal(yield* first.opened)
        assert.include(["ReadOnly", "Unavailable"], tag)
        assert.strictEqual(outcome, "notApplied")
        yield* first.close
        assert.deepStrictEqual(filesIn(outside), before)
        yield* namespace.run("mount", "-o", "remount,rw", disk)
        const second = yield* start
        assert.strictEqual((yield* second.opened)._tag, "Opened")
        yield* second.close
        const filename = join(outside, "sessions.db")
        assert.deepStrictEqual(
          yield* visit({ filename }, (adapter) => stateOf(adapter, key.id)),
          Option.some({ old: true })
        )
      }))
  }
})
