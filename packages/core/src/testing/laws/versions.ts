/**
 * The laws of versions and times: versions only rise, whatever the clock does, and a session's times are
 * those of its writes.
 * The clock of these laws is replaced where its movement matters, so none of them waits.
 */
import { makeKey } from "../../model/SessionKey.ts"
import { Version } from "../../model/Version.ts"
import { equal, holds } from "../claims.ts"
import { append, put, remove } from "../operations.ts"
import { family } from "../Trial.ts"

const key = makeKey("session", ["account"])

const above = (version: number): Version => Version(version + 1000)

export const versionLaws = family("versions", [
  {
    id: "version.rises",
    title: "every write of a session makes a higher version",
    run: function*(trial) {
      const client = yield* trial.open
      let last = 0
      for (
        const operations of [[put(key, 1)], [put(key, 1)], [append(key, [1])], [put(key, 2), append(key, [2])], [
          put(key, 2)
        ]]
      ) {
        const { version } = yield* client.commit(...operations)
        yield* holds(() => version > last, `the version rises: ${version} after ${last}`)
        yield* equal((yield* client.read(key)).head.version, version, "the stored version")
        last = version
      }
    }
  },
  {
    id: "version.acrossRemoval",
    title: "versions rise across removal and re-creation, even while the clock goes back",
    clock: "goingBack",
    run: function*(trial) {
      const client = yield* trial.open
      let last = 0
      for (const life of [1, 2, 3]) {
        for (const operation of [put(key, life), append(key, [life]), put(key, life), remove(key)]) {
          const { version } = yield* client.commit(operation)
          yield* holds(() => version > last, `the version rises: ${version} after ${last} in life ${life}`)
          last = version
        }
      }
    }
  },
  {
    id: "version.aboveFloor",
    title: "a version is above the floor that the write names",
    run: function*(trial) {
      const client = yield* trial.open
      const created = yield* client.commit(put(key, 1))
      const overwritten = yield* client.commit(put(key, 2, { floor: above(created.version) }))
      yield* holds(() => overwritten.version > above(created.version), "a put is above its floor")
      const appended = yield* client.commit(append(key, [1], { floor: above(overwritten.version) }))
      yield* holds(() => appended.version > above(overwritten.version), "an append is above its floor")
      const low = yield* client.commit(put(key, 3, { floor: created.version }))
      yield* holds(() => low.version > appended.version, "a floor that is lower than the version does not lower it")
      const removed = yield* client.commit(remove(key, { floor: above(low.version) }))
      yield* holds(() => removed.version > above(low.version), "a removal is above its floor")
      const recreated = yield* client.commit(put(key, 4, { floor: above(removed.version) }))
      yield* holds(() => recreated.version > above(removed.version), "a re-creation is above its floor")
    }
  },
  {
    id: "times.followWrites",
    title: "the time of creation stays, the time of the last write follows the writes",
    run: function*(trial) {
      const client = yield* trial.open
      const created = yield* client.commit(put(key, 1))
      yield* equal(created.createdAt, created.updatedAt, "both times of a new session")
      let last = created.updatedAt
      for (const operations of [[put(key, 2)], [append(key, [1])], [put(key, 3), append(key, [2])]]) {
        const receipt = yield* client.commit(...operations)
        const { createdAt, updatedAt } = (yield* client.read(key)).head
        yield* equal([createdAt, receipt.createdAt], [created.createdAt, created.createdAt], "the time of creation")
        yield* equal(updatedAt, receipt.updatedAt, "the time of the last write")
        yield* holds(() => updatedAt >= last, "the time of the last write does not go back while the clock advances")
        last = updatedAt
      }
    }
  }
])
