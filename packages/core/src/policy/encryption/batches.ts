/**
 * The order of entries, as their places in their writes tell it.
 *
 * A change's entries lie one behind the other, so the place of an entry follows from where its write begins. An
 * entry that was put in another one's position decrypts by itself and is found out here, next to its neighbours.
 * The order of whole writes is the adapter's word, as is their number.
 */
import * as Option from "effect/Option"

/** An entry that was read: its position, and its write and place where it was encrypted. */
export interface Positioned {
  readonly index: number
  readonly sealed: Option.Option<{ readonly write: string; readonly place: number }>
}

/** What is known of the entries before a position. */
export interface Before {
  /** The write of the last entry that decrypted, and where it begins. */
  readonly last: Option.Option<{ readonly write: string; readonly start: number }>
  /** Whether an entry directly before could not be read, or there was nothing before. */
  readonly isOpen: boolean
}

/** Before the first entry of a session nothing has begun; before another one something may have. */
export const beforeRange = (index: number): Before => ({ last: Option.none(), isOpen: index > 0 })

/** What is known behind an entry that could not be read. */
export const afterUnreadable = ({ last }: Before): Before => ({ last, isOpen: true })

/** Whether an entry is in its position, and what is known behind it. */
export const judgePosition = (
  before: Before,
  { index, sealed }: Positioned
): readonly [isInPlace: boolean, after: Before] => {
  if (Option.isNone(sealed)) return [true, { last: before.last, isOpen: true }]
  const { place, write } = sealed.value
  const known = Option.filter(before.last, (last) => last.write === write)
  // Where an entry in between could not be read, the write's beginning is what this one says, if there is room.
  const claimed = before.isOpen ? Math.max(0, index - place) : index
  const start = Option.match(known, { onNone: () => claimed, onSome: (last) => last.start })
  return [index - start === place, { last: Option.some({ write, start }), isOpen: false }]
}
