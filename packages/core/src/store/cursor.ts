/**
 * Cursors: where a page of a listing ended, as an opaque string.
 *
 * A cursor holds the order, the order's value and the key, so that it stays right when sessions are
 * saved, removed or moved to another backend between two pages.
 */
import * as Effect from "effect/Effect"
import * as Base64Url from "effect/encoding/Base64Url"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { InvalidCursor } from "../errors/SessionErrors.ts"
import type { ListOrder, ListPosition } from "../model/ListQuery.ts"
import { keyProblem } from "../model/SessionKey.ts"

const Cursor = Schema.fromJsonString(Schema.Struct({
  order: Schema.Literals(["updatedAt", "createdAt", "id"]),
  value: Schema.Union([Schema.Finite, Schema.String]),
  namespace: Schema.Array(Schema.String),
  id: Schema.String
}))

const encode = Schema.encodeSync(Cursor)
const decode = Schema.decodeUnknownEffect(Cursor)
const decodeText = Schema.decodeUnknownEffect(Schema.String)

/** The cursor after a position. */
export const encodeCursor = (order: ListOrder, position: ListPosition): string =>
  Base64Url.encode(encode({ order, value: position.value, namespace: position.key.namespace, id: position.key.id }))

/** The position of a cursor; fails when it is not one, or belongs to another order. */
export const decodeCursor = (order: ListOrder, text: string): Effect.Effect<ListPosition, InvalidCursor> =>
  decodeText(text).pipe(
    Effect.flatMap((base64) => Effect.fromResult(Base64Url.decodeString(base64))),
    Effect.flatMap(decode),
    Effect.mapError(() => new InvalidCursor({ problem: "not a cursor of a listing" })),
    Effect.flatMap(({ id, namespace, order: stored, value }) => {
      const key = { namespace, id }
      if (stored !== order) return Effect.fail(new InvalidCursor({ problem: `it belongs to a listing by ${stored}` }))
      if ((typeof value === "string") !== (order === "id")) {
        return Effect.fail(new InvalidCursor({ problem: "it names no place" }))
      }
      if (Option.isSome(keyProblem(key))) return Effect.fail(new InvalidCursor({ problem: "it names an invalid key" }))
      return Effect.succeed({ value, key })
    })
  )
