/**
 * What to do about a leftover: a pure function from what was seen.
 *
 * Nothing that may be an only copy is deleted, no valid record is replaced, nothing that a removal has made
 * void comes back, and a file of another program is copied, never moved. The kind of a finding is a stable
 * name: what it is, a dot, and its class.
 */
import type { Finding } from "@holdfast/core/port"
import type { Content } from "./content.ts"
import { decideForeign } from "./decideForeign.ts"
import type { HeadSeen, Seen } from "./seen.ts"

/** A decision, without the place. */
export type Decision = Pick<Finding, "kind" | "action" | "detail">

const own = (kind: string, action: Decision["action"], detail: string): Decision => ({
  kind: `ownTemp.${kind}`,
  action,
  detail
})

const unwhole: { readonly [content in Content]?: string } = {
  nul: "a write that did not finish, with blocks that were never written",
  torn: "a write that did not finish",
  damaged: "damaged, and never acknowledged",
  wrongId: "names another session than its file does",
  json: "not written by this adapter"
}

const decideOwnBeside = (head: Extract<HeadSeen, { readonly _tag: "Present" }>): Decision => {
  if (head.age === "identical") return own("identical", "delete", "the same as its session")
  if (head.age === "older") return own("older", "delete", "older than its session")
  return own("newer", "quarantine", "newer than its session, and never acknowledged")
}

/** Whether a temp file takes the place of what cannot be read: at once where it is known to be the newest. */
const decideRescue = (age: Extract<HeadSeen, { readonly _tag: "Invalid" }>["age"], isAsked: boolean): Decision => {
  if (age === "newer" || age === "identical") {
    return own("rescue", "adopt", "the newest whole version of a session that cannot be read")
  }
  if (age === "older") return own("older", "none", "older than its session, which cannot be read")
  return isAsked
    ? own("rescue", "adopt", "the only whole version of a session that cannot be read")
    : own("undecided", "none", "its session cannot be read, and may have been newer")
}

const decideOwnTemp = ({ content, head, isAsked, isSteady }: Seen): Decision => {
  if (!isSteady) return own("growing", "none", "somebody is writing it")
  if (head._tag === "Foreign" || head._tag === "Blocked" || head._tag === "CutShort") {
    return own("blocked", "none", "its session cannot be read, so it is left")
  }
  // A newer version of this adapter wrote it, and knows what to do with it.
  if (content === "newerFormat") {
    return own("newerFormat", "none", "written in a format that this version does not read")
  }
  if (head._tag === "Invalid") {
    return content === "whole"
      ? decideRescue(head.age, isAsked)
      : own("blocked", "none", "its session cannot be read, so it is left")
  }
  if (content === "empty") return own("empty", "delete", "a write that had not begun")
  if (content !== "whole") return own(content, "quarantine", unwhole[content] ?? "a write that did not finish")
  return head._tag === "Absent" ? own("orphan", "adopt", "the only copy of a session") : decideOwnBeside(head)
}

/** Decides about one leftover; none when there is nothing to say. */
export const decide = (seen: Seen): Decision | undefined => {
  switch (seen.what) {
    case "probe":
      return { kind: "probe.unfinished", action: "delete", detail: "a probe that did not finish" }
    case "ownTemp":
      return decideOwnTemp(seen)
    case "foreignTemp":
    case "main":
      return decideForeign(seen)
    case "loneAlt": {
      if (seen.head._tag !== "Absent") return undefined
      const action = seen.content === "empty" ? "delete" : "quarantine"
      return { kind: `slot.${seen.content}`, action, detail: "a first write that did not finish" }
    }
    case "orphanLog":
      return seen.head._tag === "Absent"
        ? { kind: "log.orphan", action: "quarantine", detail: "entries of a session that is not there" }
        : undefined
  }
}
