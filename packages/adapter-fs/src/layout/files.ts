/**
 * The files of a session, by name.
 *
 * `<id>.json` and `<id>.alt.json` are the two names that a head can have, `<id>.entries.jsonl` and
 * `<id>.entries.<n>.jsonl` the segments of its log, `<id>.json.<unique>.tmp` a write on its way. The
 * longest suffix takes 29 characters, so a name stays below the 255 that file systems allow.
 */

/** The two names of a head. */
export type Slot = "main" | "alt"

/** The other name. */
export const otherSlot = (slot: Slot): Slot => slot === "main" ? "alt" : "main"

/** The file of a head. */
export const slotFile = (stem: string, slot: Slot): string => slot === "main" ? `${stem}.json` : `${stem}.alt.json`

/** The file of a log segment; the first one is 0. */
export const segmentFile = (stem: string, segment: number): string =>
  segment === 0 ? `${stem}.entries.jsonl` : `${stem}.entries.${segment}.jsonl`

/** A file that is written before it gets its name; `unique` is never used twice. */
export const tempFile = (stem: string, unique: string): string => `${stem}.json.${unique}.tmp`

/** The store's own folder: its marker and its lock database. */
export const storeFolder = ".holdfast"

/** The file in the store's folder that says which store this is. */
export const markerFile = "store.json"

/** The second name of the marker, which is there once a store-level record was written. */
export const markerCopyFile = "store.alt.json"

/** The lock database in the store's folder. */
export const presenceFile = "presence.db"

/** The lock database that whoever opens the store, or wants to be alone in it, holds for a moment. */
export const gateFile = "gate.db"

/** The lock databases between processes that write. */
export const hostLockFile = (index: number): string => `lock-${index}.db`

/** Where processes that write tell those that watch. */
export const noticeFile = "changes.jsonl"

/** The lock database that every process that watches shares. */
export const watchersFile = "watchers.db"

/** Where recovery puts what is doubtful. */
export const lostFoundFolder = "lost-found"

/** What probes name their files; they lie in the root and are removed at once. */
export const probePrefix = ".holdfast-probe-"

/** What a file of a store's folder is, as far as its name tells; `stem` is its name without suffix. */
export type FileRole =
  | { readonly _tag: "Head"; readonly stem: string; readonly slot: Slot }
  | { readonly _tag: "Segment"; readonly stem: string; readonly segment: number }
  | { readonly _tag: "Temp"; readonly stem: string }
  | { readonly _tag: "ForeignTemp"; readonly stem: string }
  | { readonly _tag: "Probe" }
  | { readonly _tag: "Other" }

const patterns: ReadonlyArray<readonly [RegExp, (match: RegExpExecArray) => FileRole]> = [
  [/^\.holdfast-probe-/, () => ({ _tag: "Probe" })],
  [/^(.+)\.json\.[0-9a-f]{20}\.tmp$/, ([, stem = ""]) => ({ _tag: "Temp", stem })],
  [/^(.+)\.json\.tmp$/, ([, stem = ""]) => ({ _tag: "ForeignTemp", stem })],
  [/^(.+)\.alt\.json$/, ([, stem = ""]) => ({ _tag: "Head", stem, slot: "alt" })],
  [/^(.+)\.json$/, ([, stem = ""]) => ({ _tag: "Head", stem, slot: "main" })],
  [/^(.+)\.entries\.jsonl$/, ([, stem = ""]) => ({ _tag: "Segment", stem, segment: 0 })],
  [/^(.+)\.entries\.([1-9][0-9]*)\.jsonl$/, ([, stem = "", n]) => ({ _tag: "Segment", stem, segment: Number(n) })]
]

// The name of nearly every file, which no other pattern has.
const plainHead = /^([^.]+)\.json$/

/** Tells the role of a file from its name. */
export const roleOf = (fileName: string): FileRole => {
  const plain = plainHead.exec(fileName)
  if (plain !== null) return { _tag: "Head", stem: plain[1]!, slot: "main" }
  for (const [pattern, role] of patterns) {
    const match = pattern.exec(fileName)
    if (match !== null) return role(match)
  }
  return { _tag: "Other" }
}
