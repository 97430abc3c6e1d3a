/**
 * What a URL of a SQLite store may say beside its file: `sqlite:./sessions.db?mustExist=true&busyTimeout=2 seconds`.
 *
 * All options of `SqliteOptions` can be told by text. Durations are written as Effect reads them, with a unit;
 * a blank may stand as it is.
 */
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"

const Flag = Schema.Literals(["true", "false"]).pipe(
  Schema.decodeTo(
    Schema.Boolean,
    SchemaTransformation.transform({
      decode: (text) => text === "true",
      encode: (isSet) => isSet ? "true" : "false"
    })
  )
)

/** Options of a SQLite store as texts. */
export const urlOptions = Schema.Struct({
  mustExist: Schema.optionalKey(Flag),
  busyTimeout: Schema.optionalKey(Schema.DurationFromString),
  closeTimeout: Schema.optionalKey(Schema.DurationFromString),
  thread: Schema.optionalKey(Schema.Literals(["main", "worker"]))
})
