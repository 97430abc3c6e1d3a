/**
 * Conditions on the fields of a summary, as people type them: `title=Fix EXDEV`, `pinned=true`, `title~EXDEV`.
 *
 * A value is compared as JSON where it is some (`true`, `3`), and as a text otherwise; `~` looks for a part of a text
 * in any case of its letters.
 */
import * as CliError from "effect/cli/CliError"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import type { Json } from "effect/Schema"
import { parsed } from "../output/encode.ts"

/** Whether a summary is one that is looked for. */
export type Condition = (summary: Json) => boolean

const fieldOf = (summary: Json, field: string): unknown =>
  Predicate.hasProperty(summary, field) ? summary[field] : undefined

/** Reads a condition. */
export const condition = (text: string): Effect.Effect<Condition, CliError.InvalidValue> => {
  const [, field = "", operator, value = ""] = /^([^=~]+)([=~])(.*)$/s.exec(text) ?? []
  if (operator === undefined) {
    return Effect.fail(
      new CliError.InvalidValue({
        option: "where",
        value: text,
        expected: "field=value or field~part",
        kind: "flag"
      })
    )
  }
  const wanted = JSON.stringify(parsed(value))
  return Effect.succeed((summary) => {
    const found = fieldOf(summary, field)
    if (operator === "~") return typeof found === "string" && found.toLowerCase().includes(value.toLowerCase())
    return found === value || (found !== undefined && JSON.stringify(found) === wanted)
  })
}
