/**
 * What is wrong with a storage URL: which part of it, where, and what is known in its place.
 *
 * The message is one line. It never holds a path or a value, and the name of a scheme or an option as it
 * was written only where no secret stands before it: the rest of a password with a comma in it would
 * otherwise be shown as the scheme of the next URL.
 */
import * as Data from "effect/Data"

/** The parts of a URL. `path` is all between the scheme and the options. */
export type UrlPart = "scheme" | "path" | "option" | "value"

/** A URL that names no store, refused before anything is opened. */
export class InvalidStorageUrl extends Data.TaggedError("InvalidStorageUrl")<{
  /** The part that is wrong. */
  readonly part: UrlPart
  /** Where that part begins: the count of its first character, from 1, in the whole text. */
  readonly position: number
  /** What is wrong with it, in words. */
  readonly problem: string
  /** What was probably meant. */
  readonly nearest?: string | undefined
  /** What is known in this place: schemes, or the options of a scheme. */
  readonly known?: ReadonlyArray<string> | undefined
}> {
  override get message() {
    const meant = this.nearest === undefined ? "" : `; did you mean "${this.nearest}"?`
    const known = this.known === undefined || this.known.length === 0
      ? ""
      : `${meant === "" ? ";" : ""} known ${this.part}s: ${this.known.join(", ")}`
    return `invalid storage URL, ${this.part} at character ${this.position}: ${this.problem}${meant}${known}`
  }
}
