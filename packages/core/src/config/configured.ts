/**
 * Reading a URL from the configuration.
 *
 * The error names the variable, the part of the URL that is wrong, and not the value. An empty variable
 * counts as one that is not set.
 */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaGetter from "effect/SchemaGetter"
import * as SchemaIssue from "effect/SchemaIssue"
import type { InvalidStorageUrl } from "./InvalidStorageUrl.ts"

/** Which variable names the store, and what it is where there is none. */
export interface ConfigOptions {
  /** The variable's name; `HOLDFAST_STORE` by default. */
  readonly name?: string | undefined
  /** The URL where the variable is not set. Without one, the variable must be. */
  readonly default?: string | undefined
}

const issueOf = (error: InvalidStorageUrl) => new SchemaIssue.InvalidValue({ message: error.message })

/** A configuration that is decoded from the text of a URL. */
export const configured = <A>(
  decode: (text: string) => Result.Result<A, InvalidStorageUrl>,
  options: ConfigOptions = {}
): Config.Config<A> => {
  // Nothing but what `decode` made comes here, and a configuration is never encoded.
  const decoded = Schema.declare((_value): _value is A => true)
  const codec = Schema.String.pipe(Schema.decodeTo(decoded, {
    decode: SchemaGetter.transformEffect((text: string) => Effect.fromResult(Result.mapError(decode(text), issueOf))),
    encode: SchemaGetter.forbidden(() => "a storage URL is read only")
  }))
  const read = Config.schema(codec, options.name ?? "HOLDFAST_STORE")
  return Option.match(Option.fromUndefinedOr(options.default), {
    onNone: () => read,
    onSome: (text) =>
      Result.match(decode(text), {
        onFailure: (error) => Config.fail(new Schema.SchemaError(issueOf(error))),
        onSuccess: (value) => Config.withDefault(read, value)
      })
  })
}
