/**
 * What a URL of a file store may say beside its folder: `fs:./sessions?commit=slots&mustExist=true`.
 *
 * These are the options of `FsOptions` that can be told by text; how documents of another program are
 * adopted is code, and the platform is the process's own.
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

/** Options of a file store as texts. */
export const urlOptions = Schema.Struct({
  mustExist: Schema.optionalKey(Flag),
  commit: Schema.optionalKey(Schema.Literals(["auto", "rename", "slots"])),
  compareAndSet: Schema.optionalKey(Schema.Literals(["process", "host"])),
  closeTimeout: Schema.optionalKey(Schema.DurationFromString)
})
