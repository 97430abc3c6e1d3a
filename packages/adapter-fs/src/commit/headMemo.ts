/**
 * The heads that this process has published, to know them again by their bytes.
 *
 * A head is read before every change of its session. Bytes that are the very ones that were written are not taken
 * apart a second time; all others are. What is forgotten costs a look and nothing else.
 */
import { makeKey } from "@holdfast/core/port"
import { type Document, oneLine } from "../layout/envelope.ts"

interface Written {
  readonly bytes: Uint8Array
  readonly document: Document
}

/** Heads by key. */
export interface HeadMemo {
  /** Keeps what was published of a key, beside what was before it: with slots both can be read. */
  readonly keep: (key: string, bytes: Uint8Array, document: Document) => void
  /** The document of a key that these bytes are; none where they are not known. */
  readonly find: (key: string, bytes: Uint8Array) => Document | undefined
}

// Comparing so many bytes takes a few microseconds, and reading a longer document anew does not matter beside the rest.
const bytesMax = 256 * 1024
const totalMax = 4 * 1024 * 1024

// Whoever is given a head may change its key and its writes as he likes.
const copyOf = (document: Document): Document => ({
  ...document,
  key: makeKey(document.key.id, [...document.key.namespace]),
  writes: document.writes.map((write) => ({ ...write }))
})

const sizeOf = (heads: ReadonlyArray<Written>): number => heads.reduce((sum, { bytes }) => sum + bytes.length, 0)

/** Knows no head yet. */
export const makeHeadMemo = (): HeadMemo => {
  const heads = new Map<string, ReadonlyArray<Written>>()
  let total = 0
  const drop = (key: string): ReadonlyArray<Written> => {
    const known = heads.get(key) ?? []
    total -= sizeOf(known)
    heads.delete(key)
    return known
  }
  return {
    find: (key, bytes) => {
      const found = heads.get(key)?.find((written) => Buffer.compare(written.bytes, bytes) === 0)
      return found === undefined ? undefined : copyOf(found.document)
    },
    keep: (key, bytes, document) => {
      const [newest] = drop(key)
      if (bytes.length > bytesMax) return
      const own: Written = { bytes, document: copyOf({ ...document, summary: oneLine(document.summary) }) }
      const known = newest === undefined ? [own] : [own, newest]
      heads.set(key, known)
      total += sizeOf(known)
      for (const oldest of heads.keys()) {
        if (total <= totalMax) break
        drop(oldest)
      }
    }
  }
}
