/**
 * The grammar of storage URLs, and where in the text each part stands.
 *
 * ```text
 * chain  = url *( "," url )                     tried in this order; blanks round a URL do not count
 * url    = scheme ":" path [ "?" option *( "&" option ) ]
 * scheme = letter 1*( letter / digit / "+" / "." / "-" )       in any case; one letter is a drive
 * option = name "=" value
 * ```
 *
 * Path, name and value are percent-decoded as UTF-8. In them `,` `?` `#` `%` are written `%2C` `%3F` `%23`
 * `%25`, `&` in a value `%26`; all else may stand as it is: `fs:C:\Users\me\My Chats`. A plus sign is a
 * plus sign. A path after `//` has an authority, as in `//user:password@host:port/name`.
 */
import * as Arr from "effect/Array"
import * as Result from "effect/Result"
import { displayName } from "./displayName.ts"
import { InvalidStorageUrl, type UrlPart } from "./InvalidStorageUrl.ts"
import { decode } from "./percent.ts"

/** A part of the text: as it is written, and where it begins, from 0. */
export interface Span {
  readonly written: string
  readonly index: number
}

/** A part with what it means. */
export interface Part extends Span {
  readonly text: string
}

export interface ScannedOption {
  readonly name: Part
  readonly value: Part
}

/** One URL of a chain. */
export interface ScannedUrl {
  readonly scheme: Part
  readonly path: Part
  readonly options: ReadonlyArray<ScannedOption>
}

type Scan<A> = Result.Result<A, InvalidStorageUrl>

const invalid = (part: UrlPart, index: number, problem: string) =>
  Result.fail(new InvalidStorageUrl({ part, position: index + 1, problem }))

const sliceSpan = ({ index, written }: Span, start: number, end?: number): Span => ({
  written: written.slice(start, end),
  index: index + start
})

const splitSpan = (span: Span, separator: string): Arr.NonEmptyReadonlyArray<Span> => {
  let { index } = span
  // What is split has at least one piece, itself.
  const pieces = span.written.split(separator) as Arr.NonEmptyArray<string>
  return Arr.map(pieces, (written) => {
    const piece = { written, index }
    index += written.length + separator.length
    return piece
  })
}

const trimSpan = (span: Span): Span => {
  const start = span.written.length - span.written.trimStart().length
  return sliceSpan(span, start, start + span.written.trim().length)
}

const partOf = (part: UrlPart, span: Span): Scan<Part> => {
  const hash = span.written.indexOf("#")
  if (hash >= 0) return invalid(part, span.index + hash, "\"#\" is written %23")
  return Result.mapBoth(decode(span.written), {
    onFailure: ({ index, problem }) => new InvalidStorageUrl({ part, position: span.index + index + 1, problem }),
    onSuccess: (text) => ({ ...span, text })
  })
}

const scanOption = (span: Span): Scan<ScannedOption> => {
  const equals = span.written.indexOf("=")
  if (span.written === "") return invalid("option", span.index, "no option stands here")
  if (equals < 0) return invalid("option", span.index, "an option is a name, \"=\" and a value")
  if (equals === 0) return invalid("option", span.index, "no name stands before the \"=\"")
  return Result.all({
    name: partOf("option", sliceSpan(span, 0, equals)),
    value: partOf("value", sliceSpan(span, equals + 1))
  })
}

const scanOptions = (query: Span, whole: string): Scan<ReadonlyArray<ScannedOption>> =>
  Result.flatMap(Result.all(splitSpan(query, "&").map(scanOption)), (options) => {
    const names = options.map(({ name }) => name.text)
    const second = options.find(({ name }, at) => names.indexOf(name.text) < at)
    return second === undefined
      ? Result.succeed(options)
      : invalid("option", second.name.index, `the option${displayName(second.name, whole)} is given twice`)
  })

/**
 * Refuses a host followed by what is neither a port nor a password: that is where a comma, a slash or a
 * question mark in a password has cut it, and its halves would be taken for something that may be shown.
 */
const checkAuthority = (path: Part): Scan<Part> => {
  const [, port] = /^\/\/[^/:@]*:([^/@]*)/.exec(path.written) ?? []
  return port === undefined || path.written.includes("@") || /^[0-9]*$/.test(port)
    ? Result.succeed(path)
    : invalid(
      "path",
      path.index,
      "a host is followed by a port; in a password, \",\" \"/\" \"?\" are written %2C %2F %3F"
    )
}

const scanScheme = (url: Span, isFirst: boolean): Scan<Part> => {
  if (url.written === "") return invalid("scheme", url.index, "no URL stands here")
  const [, scheme] = /^([a-z][a-z0-9+.-]*):/i.exec(url.written) ?? []
  if (scheme === undefined) {
    const hint = isFirst ? "" : "; a comma in a path is written %2C"
    return invalid("scheme", url.index, `a URL begins with a scheme and a colon${hint}`)
  }
  return scheme.length === 1
    ? invalid("scheme", url.index, "a drive letter is no scheme, one stands before it")
    : Result.succeed({ ...sliceSpan(url, 0, scheme.length), text: scheme.toLowerCase() })
}

const scanUrl = (url: Span, whole: string): Scan<ScannedUrl> =>
  Result.gen(function*() {
    const scheme = yield* scanScheme(url, !whole.slice(0, url.index).includes(","))
    const rest = sliceSpan(url, scheme.written.length + 1)
    const end = rest.written.indexOf("?")
    const path = yield* Result.flatMap(partOf("path", end < 0 ? rest : sliceSpan(rest, 0, end)), checkAuthority)
    const options = end < 0 ? [] : yield* scanOptions(sliceSpan(rest, end + 1), whole)
    return { scheme, path, options }
  })

/** Finds the parts of every URL in the text; what they mean to a scheme is not asked. */
export const scan = (text: string): Scan<Arr.NonEmptyReadonlyArray<ScannedUrl>> =>
  Result.all(Arr.map(splitSpan({ written: text, index: 0 }, ","), (url) => scanUrl(trimSpan(url), text)))
