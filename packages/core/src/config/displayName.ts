/**
 * A name of a scheme or an option as an error shows it: quoted, on one line, shortened.
 *
 * Where a secret may stand before it, nothing is shown: what looks like a name may be the rest of one,
 * cut off by a separator that was not encoded.
 */
import { oneLine } from "../model/SessionKey.ts"
import { mayHoldSecret } from "./secrets.ts"

// Longer names of schemes and options do not exist; what is cut off tells nobody more.
const lengthMax = 40

/** Whether a name may be shown that begins at this index of the whole text. */
export const isSpoken = (index: number, whole: string, marked?: ReadonlyArray<string>): boolean =>
  !mayHoldSecret(whole.slice(0, index), marked)

/** The name with a blank before it, or nothing. */
export const displayName = (
  { index, text }: { readonly index: number; readonly text: string },
  whole: string,
  marked?: ReadonlyArray<string>
): string => {
  if (!isSpoken(index, whole, marked)) return ""
  const short = text.length <= lengthMax ? text : `${text.slice(0, lengthMax)}...`
  return ` ${oneLine(JSON.stringify(short))}`
}
