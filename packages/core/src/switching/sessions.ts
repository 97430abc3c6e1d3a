/**
 * Whole sessions as a switch sees them: whether two are the same, which one came of the other, and how one is written.
 *
 * A copy is compared by everything that the port shows of a session, its entries and write ids included. What lies where
 * switches keep what they set aside is no session here.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { StorageError } from "../errors/StorageError.ts"
import type { Unreadable } from "../errors/Unreadable.ts"
import type { Expect } from "../model/operations.ts"
import type { SessionKey } from "../model/SessionKey.ts"
import type { StoredHead } from "../model/StoredRecord.ts"
import type { Version } from "../model/Version.ts"
import { randomId } from "../port/randomId.ts"
import type { WholeSession } from "../port/wholeSession.ts"
import { isAside } from "./aside.ts"
import type { Adapter } from "./backends.ts"
import { ContentUnreadable } from "./progress.ts"

/** Whether a session is what became of another one: the same life, and later. */
export const isDescendant = (of: WholeSession, session: WholeSession): boolean => {
  const { head: { incarnation, version }, writes } = of.session
  if (session.session.head.incarnation !== incarnation) return false
  const last = writes.at(-1)?.id
  return version < session.session.head.version || session.session.writes.some(({ id }) => id === last)
}

/** Restores a session under a key, verbatim but for its version where another one is given. */
export const restore = (
  adapter: Adapter,
  { entries, session }: WholeSession,
  at: { readonly key: SessionKey; readonly expect: Expect; readonly version?: Version }
) => {
  const record = at.version === undefined ? session : { ...session, head: { ...session.head, version: at.version } }
  return adapter.commit({
    writeId: randomId(),
    operations: [
      { _tag: "Restore", key: at.key, expect: at.expect, record, entries: Stream.fromIterable(entries) }
    ]
  })
}

/** Whether a write came to nothing because the key is not as it was when it was read. */
export const isConflict = ({ reason }: StorageError): boolean => reason._tag === "Conflict"

/** Every session of a backend but what switches have set aside, by key. Fails when something cannot be read. */
export const headsOf = Effect.fnUntraced(function*(name: string, adapter: Adapter) {
  const heads: Array<StoredHead> = []
  const rows: Array<Unreadable> = []
  yield* Stream.runForEach(adapter.list({ namespace: [], order: "id" }), (row) =>
    Effect.sync(() => {
      const namespace = row._tag === "StoredHead"
        ? row.key.namespace
        : Option.match(row.key, { onNone: () => [], onSome: (key) => key.namespace })
      if (isAside(namespace)) return
      if (row._tag === "StoredHead") heads.push(row)
      else rows.push(row)
    }))
  if (rows.length > 0) return yield* new ContentUnreadable({ name, rows })
  return heads
})
