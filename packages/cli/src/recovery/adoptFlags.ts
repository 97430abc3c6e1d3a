/**
 * The flags that say what documents of other programs become, for every command that takes such documents.
 *
 * Who says nothing gets the kind that the store's sessions have, and a title in the listing. What they mean is decided
 * where a store is looked at.
 */
import * as Flag from "effect/cli/Flag"
import type * as Option from "effect/Option"
import type { AdoptFlags } from "./looking.ts"

export const adoptFlags = {
  kind: Flag.String("kind").pipe(
    Flag.withDescription("The kind of session that files of other programs become, as the app defines it"),
    Flag.optional
  ),
  schemaVersion: Flag.Int("schema-version").pipe(
    Flag.filter((version) => version >= 1, () => "a schema version is 1 or more"),
    Flag.withDescription("The version of their shape, as the app defines it"),
    Flag.optional
  ),
  summary: Flag.String("summary").pipe(
    Flag.withMetavar("fields"),
    Flag.withDescription("Which of their fields a listing shows, with commas between them"),
    Flag.withDefault("title")
  ),
  anyJson: Flag.Boolean("any-json").pipe(
    Flag.withDescription("Take every JSON object for a session, also one that does not look like one"),
    Flag.withDefault(false)
  )
}

interface Given {
  readonly kind: Option.Option<string>
  readonly schemaVersion: Option.Option<number>
  readonly summary: string
  readonly anyJson: boolean
}

/** What the flags say. */
export const adoptFlagsOf = ({ anyJson, kind, schemaVersion, summary }: Given): AdoptFlags => ({
  kind,
  schemaVersion,
  summary: summary.split(",").map((field) => field.trim()).filter((field) => field !== ""),
  accept: anyJson ? "every" : "likely"
})
