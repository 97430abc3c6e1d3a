/**
 * What to do about another program's file: adopt it, fork it, or leave it and say why.
 *
 * Its file is never moved, changed or deleted. A document becomes the session only where no session of ours
 * is, or was; one that a session was adopted from and that was changed since becomes a session beside it.
 */
import type { Decision } from "./decide.ts"
import type { HeadSeen, Seen } from "./seen.ts"

type Present = Extract<HeadSeen, { readonly _tag: "Present" }>

const prefixOf = ({ content, what }: Seen): string =>
  what === "foreignTemp" ? "foreignTemp" : content === "json" ? "foreignFile" : "sessionFile"

const report = (seen: Seen, kind: string, detail: string): Decision => ({
  kind: `${prefixOf(seen)}.${kind}`,
  action: "none",
  detail
})

const adopt = (seen: Seen, kind: string, detail: string): Decision => ({
  kind: `${prefixOf(seen)}.${kind}`,
  action: "adopt",
  detail
})

const ages = {
  identical: "the same as its session",
  older: "older than its session, as their contents say",
  newer: "newer than its session, which was not adopted from it",
  undecided: "neither its content nor its session says which one is newer, so both are kept"
} as const

const decideBeside = (seen: Seen, head: Present): Decision => {
  if (head.adoption === "source") return report(seen, "source", "the source of an adopted session")
  if (head.isRemoved) return report(seen, "removed", "its session was removed")
  if (head.adoption === "none") return report(seen, head.age, ages[head.age])
  if (!seen.isAdoptable) {
    return report(seen, "changed", "changed since its session was adopted, and no adopter takes it")
  }
  return seen.isForked
    ? report(seen, "changed", "changed since its session was adopted, and kept as a session of its own")
    : adopt(seen, "changed", "changed since its session was adopted")
}

const decideOverInvalid = (seen: Seen, owner: "ours" | "foreign" | "unknown"): Decision => {
  if (seen.what !== "foreignTemp" || owner === "ours") return report(seen, "blocked", "its session cannot be read")
  if (!seen.isAdoptable) return report(seen, "refused", "no adopter takes it")
  // A file without a trace of who wrote it may be what was left of a session that was saved here.
  return owner === "foreign" || seen.isAsked
    ? adopt(seen, "rescue", "the finished file beside it cannot be read")
    : report(seen, "undecided", "the finished file beside it is void, and may have been a later version")
}

const siblings = {
  none: undefined,
  invalid: undefined,
  refused: "a finished file is beside it that no adopter takes",
  identical: "a finished file with the same bytes is beside it",
  older: "older than the finished file beside it, as their contents say",
  undecided: "the contents do not say whether it or the finished file beside it is newer, so both are kept"
} as const

const decideAlone = (seen: Seen): Decision => {
  const { sibling, what } = seen
  if (seen.hasLog) return report(seen, "hasEntries", "it took the place of a session that has entries")
  if (seen.wasOurs && !seen.isAsked) {
    return report(seen, "replaced", "it took the place of a session that was saved or removed")
  }
  if (!seen.isAdoptable) return report(seen, "refused", "no adopter takes it")
  if (what === "main") {
    return sibling === "older"
      ? report(seen, "older", "older than the temporary file beside it, as their contents say")
      : adopt(seen, "orphan", "a session of another program")
  }
  if (sibling === "newer") return adopt(seen, "newer", "newer than the finished file beside it, as their contents say")
  const beside = siblings[sibling]
  if (beside !== undefined) return report(seen, sibling, beside)
  return sibling === "invalid"
    ? adopt(seen, "rescue", "the finished file beside it cannot be read")
    : adopt(seen, "orphan", "a session of another program")
}

const contents = {
  whole: "a session file of this adapter in a place of another program",
  wrongId: "names another session than its file does",
  newerFormat: "written in a format that this version does not read",
  empty: "holds nothing",
  nul: "holds blocks that were never written",
  torn: "is cut off",
  damaged: "is damaged"
} as const

/** A finished file that is no JSON of another program: what a listing says of it, as a finding. */
const decideFinished = (seen: Seen): Decision | undefined => {
  const { content, head, isCopy } = seen
  if (content === "json") return undefined
  if (content === "wrongId" && isCopy) {
    return report(seen, "duplicate", "a copy of a session that lies where its content says")
  }
  // Beside a session that can be read, one of its own two names may be cut off.
  return head._tag === "Present" ? undefined : report(seen, content, contents[content])
}

/** Decides about another program's file, or what has the name of one. */
export const decideForeign = (seen: Seen): Decision | undefined => {
  const { content, head } = seen
  if (!seen.isSteady) return report(seen, "growing", "somebody is writing it")
  if (head._tag === "Present" && head.adoption === "source") return decideBeside(seen, head)
  if (content !== "json") {
    return seen.what === "main" ? decideFinished(seen) : report(seen, content, contents[content])
  }
  switch (head._tag) {
    case "Present":
      return decideBeside(seen, head)
    case "CutShort":
      return adopt(seen, "cutShort", "its adoption did not finish")
    case "Invalid":
      return seen.hasLog
        ? report(seen, "hasEntries", "its session cannot be read and has entries")
        : decideOverInvalid(seen, head.owner)
    case "Blocked":
      return report(seen, "blocked", "its session cannot be read")
    default:
      return decideAlone(seen)
  }
}
