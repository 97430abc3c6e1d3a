/**
 * Percent encoding of the texts in a URL: as little of it as can be, so that paths stay readable.
 *
 * Any well-formed text comes back from its encoding. What is no UTF-8 is refused, never replaced, and so is
 * what no file can be named.
 */
import * as Result from "effect/Result"

/** Where in a text it cannot be decoded, from 0, and why. */
export interface Undecodable {
  readonly index: number
  readonly problem: string
}

const undecodable = (index: number, problem: string) => Result.fail<Undecodable>({ index, problem })

const invisible = "\\p{Cc}\\p{Cf}\\p{Cn}\\p{Co}\\p{Zl}\\p{Zp}"

// A blank inside a path stays; one at an end would be trimmed away, and other blanks look like it.
const specials = (separators: string) =>
  new RegExp(`[${separators}%,?#${invisible}]|(?! )\\p{Zs}|^\\s|\\s$|\\ufeff`, "gu")

/** An encoder for a part in which these characters separate, beside those that do so everywhere. */
export const encoder = (separators: "" | "&="): (text: string) => string => {
  const special = specials(separators)
  return (text) => text.replace(special, (found) => encodeURIComponent(found))
}

/** The text that an encoded one stands for. */
export const decode = (encoded: string): Result.Result<string, Undecodable> => {
  const lone = encoded.search(/\p{Cs}/u)
  if (lone >= 0) return undecodable(lone, "half of a surrogate pair is no character")
  const unescaped = encoded.search(/%(?![0-9a-f]{2})/i)
  if (unescaped >= 0) return undecodable(unescaped, "a percent sign is written %25")
  const nul = encoded.search(/%00|\0/)
  if (nul >= 0) return undecodable(nul, "no name holds a NUL")
  return Result.try({
    try: () => decodeURIComponent(encoded),
    catch: () => ({ index: encoded.search(/%[89a-f]/i), problem: "the percent encoding is no UTF-8" })
  })
}
