/**
 * The laws of probing and recovering: both may be asked for at any time, and on a healthy store neither
 * changes anything.
 * What a recovery does with a store that is not in order is left to each adapter's own tests.
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { makeKey } from "../../model/SessionKey.ts"
import { equal, holds } from "../claims.ts"
import { append, put, remove } from "../operations.ts"
import { type Client, family, leavesUnchanged } from "../Trial.ts"

const keys = [makeKey("a", ["n"]), makeKey("b", ["n"]), makeKey("removed", ["n"])]

const fill = Effect.fnUntraced(function*(client: Client) {
  for (const key of keys) yield* client.commit(put(key, 1), append(key, ["a", "b"]))
  yield* client.commit(put(keys[0]!, 2))
  yield* client.commit(remove(keys[2]!))
})

/** Runs both recoveries and claims that they have nothing to do and do nothing. */
const findsNothing = Effect.fnUntraced(function*(client: Client) {
  for (const mode of ["inspect", "apply", "apply"] as const) {
    const findings = yield* leavesUnchanged(client, keys, Stream.runCollect(client.adapter.recover(mode)))
    const acts = findings.filter((finding) => finding.applied || finding.action !== "none")
    yield* equal(acts.map((finding) => finding.kind), [], `what ${mode} finds to do in a clean store`)
  }
})

export const maintenanceLaws = family("maintenance", [
  {
    id: "recover.ofCleanStore",
    title: "a recovery of a clean store finds nothing to do and changes nothing",
    run: function*(trial) {
      const client = yield* trial.open
      yield* findsNothing(client)
      yield* fill(client)
      yield* findsNothing(client)
    }
  },
  {
    id: "recover.afterReopen",
    title: "a recovery of a store that was closed in good order finds nothing to do and changes nothing",
    run: function*(trial) {
      yield* trial.visit(fill)
      yield* trial.visit(findsNothing)
    }
  },
  {
    id: "probe.leavesNothing",
    title: "a probe reports and leaves nothing behind",
    run: function*(trial) {
      const client = yield* trial.open
      yield* fill(client)
      const report = yield* leavesUnchanged(client, keys, client.adapter.probe)
      yield* holds(() => report.adapter !== "" && report.location !== "", "the report names the adapter and its place")
      yield* findsNothing(client)
    }
  }
])
