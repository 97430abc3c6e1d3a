/**
 * What to do about a leftover: a pure function from what was seen.
 *
 * Nothing that may be an only copy is deleted, nothing that a removal has made void comes back, and a
 * file of another program is copied, never moved.
 */
import type { Finding } from "@holdfast/core"
import type { Parsed } from "../layout/envelope.ts"
import type { Leftover } from "./leftovers.ts"

/** What the key's head says beside the leftover. */
export type HeadSeen =
  | { readonly _tag: "Absent" }
  | { readonly _tag: "Unreadable" }
  /** The main name holds another program's document, and nothing of ours is there. */
  | { readonly _tag: "Foreign" }
  | { readonly _tag: "Present"; readonly version: number; readonly isRemoved: boolean; readonly isSource: boolean }

/** All that the decision depends on. */
export interface Seen {
  readonly what: Leftover["what"]
  readonly content: Parsed["_tag"]
  readonly isEmpty: boolean
  /** The version that the leftover holds, 0 when it holds none. */
  readonly version: number
  readonly head: HeadSeen
  /** Whether entries lie beside it: then a session of ours was there, and its head was replaced or lost. */
  readonly hasLog: boolean
  /** Whether the app's adopter takes the content as a session. */
  readonly isAdoptable: boolean
}

/** A decision, without the place. */
export type Decision = Pick<Finding, "kind" | "action" | "detail">

const report = (kind: string, detail: string): Decision => ({ kind, action: "none", detail })

const decideOwnTemp = ({ content, head, isEmpty, version }: Seen): Decision => {
  const kind = "ownTemp"
  if (head._tag === "Unreadable" || head._tag === "Foreign") {
    return report(kind, "its session cannot be read, so it is left")
  }
  if (isEmpty) return { kind, action: "delete", detail: "a write that had not begun" }
  if (content !== "Document") return { kind, action: "quarantine", detail: "a write that did not finish" }
  if (head._tag === "Absent") return { kind, action: "adopt", detail: "the only copy of a session" }
  return version <= head.version
    ? { kind, action: "delete", detail: "older than its session" }
    : { kind, action: "quarantine", detail: "newer than its session, and never acknowledged" }
}

const decideForeign = ({ hasLog, head, isAdoptable, what }: Seen): Decision => {
  const kind = what === "main" ? "foreignFile" : "foreignTemp"
  if (head._tag === "Present" && head.isSource) return report(kind, "the source of an adopted session")
  if (head._tag === "Present") return report(kind, head.isRemoved ? "its session was removed" : "its session is there")
  if (head._tag === "Unreadable") return report(kind, "its session cannot be read")
  if (hasLog) return report(kind, "it took the place of a session that has entries")
  if (!isAdoptable) return report(kind, "no adopter takes it")
  // A main name beside it is the more finished one of the two.
  if (head._tag === "Foreign" && what === "foreignTemp") return report(kind, "a finished file is beside it")
  return { kind, action: "adopt", detail: "a session of another program" }
}

/** Decides about one leftover; none when there is nothing to say. */
export const decide = (seen: Seen): Decision | undefined => {
  switch (seen.what) {
    case "probe":
      return { kind: "probe", action: "delete", detail: "a probe that did not finish" }
    case "ownTemp":
      return decideOwnTemp(seen)
    case "foreignTemp":
      return decideForeign(seen)
    case "main":
      return seen.content === "Document" || seen.content === "NewerFormat" || seen.content === "Damaged"
        ? undefined
        : decideForeign(seen)
    case "loneAlt":
      return seen.head._tag === "Absent"
        ? {
          kind: "tornSlot",
          action: seen.isEmpty ? "delete" : "quarantine",
          detail: "a first write that did not finish"
        }
        : undefined
    case "orphanLog":
      return seen.head._tag === "Absent"
        ? { kind: "orphanLog", action: "quarantine", detail: "entries of a session that is not there" }
        : undefined
  }
}
