/**
 * What is seen of a leftover: all that the decision about it depends on, as data.
 *
 * It is gathered under the key's lock, from contents and names alone, and holds no bytes and no paths, so that
 * every combination can be put to the decision in a table.
 */
import type { Age, Content } from "./content.ts"
import type { Leftover } from "./leftovers.ts"

/** What the key's two names say beside the leftover. */
export type HeadSeen =
  | { readonly _tag: "Absent" }
  /** The main name holds another program's document, and nothing of ours is there. */
  | { readonly _tag: "Foreign" }
  /** An adoption of the leftover's very bytes was cut short: one of the two names holds it already. */
  | { readonly _tag: "CutShort" }
  /** What is there cannot be read, and none of it is a whole document that it could be measured by. */
  | {
    readonly _tag: "Invalid"
    /** Who wrote it: no whole line of ours is in it, or nothing is left that would tell. */
    readonly owner: "ours" | "foreign" | "unknown"
    /** Whether the leftover is the newest version that anything in it names; undecided where it names none. */
    readonly age: Age
  }
  /** It must be left as it is: a newer format, another key's session, a foreign document over one of ours. */
  | { readonly _tag: "Blocked" }
  | {
    readonly _tag: "Present"
    readonly isRemoved: boolean
    /** How the leftover compares to it. */
    readonly age: Age
    /** What the leftover is to a session that was adopted: its source, what its source has become, or neither. */
    readonly adoption: "source" | "changedSource" | "none"
  }

/** All that the decision depends on. */
export interface Seen {
  readonly what: Leftover["what"]
  readonly content: Content
  /** Whether it was the same in two looks, and was whole or not written a moment ago. */
  readonly isSteady: boolean
  readonly head: HeadSeen
  /** Whether entries lie beside it: then a session of ours was there, and its head was replaced or lost. */
  readonly hasLog: boolean
  /** Whether a session of ours is known to have been under this key, removed since or not. */
  readonly wasOurs: boolean
  /** Whether the app's adopter takes the content as a session. */
  readonly isAdoptable: boolean
  /** How another program's file compares to its other one of the same name; `refused` is one that no adopter takes. */
  readonly sibling: "none" | "invalid" | "refused" | Age
  /** Whether a changed source has been made a session of its own before. */
  readonly isForked: boolean
  /** Whether a session of the same key and life lies where a document that has another name says it belongs. */
  readonly isCopy: boolean
  /** Whether somebody asked for the recovery. What happens on every open is what needs no second thought. */
  readonly isAsked: boolean
}
