/**
 * Reading at once a session that is one whole head and nothing beside it, which is what most sessions are.
 *
 * Whatever else is there, may be on its way, or cannot be read is left to the whole way of reading: nothing is
 * answered then. Only where short calls hold nobody up.
 */
import { keyText } from "@holdfast/core/port"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { segmentPath, slotPath, type Target } from "../commit/Place.ts"
import type { LookNow } from "../io/exactStat.ts"
import { type Document, parseDocument } from "../layout/envelope.ts"
import type { Catalog } from "./Catalog.ts"

/** Reads a session that is a head alone; `isAbsent` says of a file's name that nothing has it, where that is sure. */
export type ReadPlain = (target: Target, isAbsent: (path: string) => boolean) => Document | undefined

const hasNoLog = ({ log: { count, segments } }: Document): boolean =>
  count === 0 && segments.every(({ bytes, segment }) => bytes === 0 && segment === 0)

const readAlone = (
  { look, read }: { readonly look: LookNow; readonly read: (path: string) => Uint8Array | undefined },
  target: Target,
  isAbsent: (path: string) => boolean
): Document | undefined => {
  const { memory } = target.place
  const isThere = (path: string): boolean => !isAbsent(path) && look.inNumbers(path) !== undefined
  if (memory.held.has(target.keyText) || memory.isLogBroken(target.keyText)) return undefined
  const log = segmentPath(target, 0)
  // The log before, to open nothing in vain; then in the order of the whole way: the second name, the main one, the log.
  if (isThere(log) || isThere(slotPath(target, "alt"))) return undefined
  const bytes = read(slotPath(target, "main"))
  if (bytes === undefined) return undefined
  const known = memory.heads.find(target.keyText, bytes)
  const parsed = known === undefined ? parseDocument(bytes) : { _tag: "Document" as const, document: known }
  if (parsed._tag !== "Document") return undefined
  const { document } = parsed
  const isPlain = !document.isRemoved && hasNoLog(document) && keyText(document.key) === target.keyText
  return isPlain && !isThere(log) && !memory.held.has(target.keyText) ? document : undefined
}

/** How a catalog's store reads such sessions; none where calls are not made at once. */
export const readPlainIn = ({ lookNow, place }: Catalog): Option.Option<ReadPlain> =>
  Option.map(
    Option.all([lookNow, place.io.readNow]),
    ([look, read]): ReadPlain => (target, isAbsent) =>
      Result.getOrUndefined(Result.try(() => readAlone({ look, read }, target, isAbsent)))
  )
