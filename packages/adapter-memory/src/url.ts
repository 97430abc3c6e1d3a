/**
 * What a URL of a memory store may say: `memory:`, `memory:?closeTimeout=1 second`.
 *
 * There is no path: a memory that another URL could name would have to outlive its store. A content that
 * several stores share is given to `layerOver`.
 */
import * as Schema from "effect/Schema"

/** Options of a memory store as texts. */
export const urlOptions = Schema.Struct({
  closeTimeout: Schema.optionalKey(Schema.DurationFromString)
})
