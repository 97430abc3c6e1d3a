/**
 * From the parts of a URL to what its schemes make of them, or to what is wrong with one of them.
 *
 * Everything that the text alone can show to be wrong is found here, before a layer is built. What
 * breaks the grammar is told before what no scheme knows.
 */
import * as Arr from "effect/Array"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import type { Durability } from "../model/Capability.ts"
import { displayName, isSpoken } from "./displayName.ts"
import { type Part, scan, type ScannedOption, type ScannedUrl } from "./grammar.ts"
import { InvalidStorageUrl } from "./InvalidStorageUrl.ts"
import { nearestOf } from "./nearest.ts"
import { Parsed, type StoreUrl } from "./Parsed.ts"
import type { AnyScheme, Registry } from "./Scheme.ts"
import { isSecretName } from "./secrets.ts"

/** A URL of a chain with what opens it. */
export interface Resolved<out R> {
  readonly url: StoreUrl
  readonly scheme: AnyScheme<R>
  /** As the scheme's schema decoded them. */
  readonly options: unknown
  /** The durability that is asked for with `require`. */
  readonly required: Option.Option<Durability>
}

/** The URLs of a chain, in its order. */
export type Chain<R> = Arr.NonEmptyReadonlyArray<Resolved<R>>

type Resolving<A> = Result.Result<A, InvalidStorageUrl>

interface Context {
  /** The text that all URLs of the chain stand in. */
  readonly whole: string
  /** Names of options that a scheme marks as secret. */
  readonly marked: ReadonlyArray<string>
}

const invalid = (fields: ConstructorParameters<typeof InvalidStorageUrl>[0]) =>
  Result.fail(new InvalidStorageUrl(fields))

const requireName = "require"

const decodeRequired = Schema.decodeUnknownResult(
  Schema.Struct({
    [requireName]: Schema.optionalKey(Schema.Literals(["volatile", "buffered", "flushed", "replicated"]))
  })
)

/** A name that nobody knows, with the known one that is near, unless the name may be a piece of a secret. */
const unknownName = (
  { known, part, written }: {
    readonly part: "scheme" | "option"
    readonly written: Part
    readonly known: ReadonlyArray<string>
  },
  { marked, whole }: Context
) => {
  const isShown = isSpoken(written.index, whole, marked)
  return invalid({
    part,
    position: written.index + 1,
    problem: `unknown ${part}${displayName(written, whole, marked)}`,
    nearest: isShown ? Option.getOrUndefined(nearestOf(written.text, known)) : undefined,
    known
  })
}

const checkPath = (scheme: AnyScheme, { path }: ScannedUrl): Resolving<void> => {
  const wrong = (problem: string) => invalid({ part: "path", position: path.index + 1, problem })
  if (scheme.path === "none") return path.text === "" ? Result.void : wrong(`${scheme.name}: takes no path`)
  if (path.text === "") return wrong(`${scheme.name}: needs a path`)
  return scheme.path === "path" && path.text.startsWith("//")
    ? wrong(`a path of ${scheme.name}: begins after the colon, without "//"`)
    : Result.void
}

/** The names that a schema of options takes. */
const optionNames = ({ options }: AnyScheme): ReadonlyArray<string> => {
  const { ast } = Schema.toEncoded(options)
  return ast._tag === "Objects" ? ast.propertySignatures.map(({ name }) => String(name)) : []
}

const formatIssue = SchemaIssue.makeFormatterStandardSchemaV1()

/** What a schema has against the options of a URL, at the first of them that is wrong. */
const wrongOption = (issue: SchemaIssue.Issue, url: ScannedUrl, isSecret: (name: string) => boolean) => {
  const found = formatIssue(issue).issues.map(({ message, path = [] }) => {
    const key = path[0]
    const name = String(typeof key === "object" ? key.key : key ?? "")
    return { message, name, option: url.options.find((option) => option.name.text === name) }
  })
  const first = found.toSorted((self, that) => (self.option?.value.index ?? 0) - (that.option?.value.index ?? 0))[0]
  const name = first?.name ?? ""
  if (first?.option === undefined) {
    const problem = name === "" ? "the options do not go together" : `the option "${name}" is missing`
    return invalid({ part: "option", position: url.scheme.index + 1, problem })
  }
  // What a schema says of a secret might quote it.
  const expected = isSecret(name) ? "is not valid" : first.message.replace(/^Expected/, "expects")
  return invalid({
    part: "value",
    position: first.option.value.index + 1,
    problem: `the option "${name}" ${expected}`
  })
}

const recordOf = (options: ReadonlyArray<ScannedOption>): unknown =>
  Object.fromEntries(options.map(({ name, value }) => [name.text, value.text]))

const storeOf = ({ options, path, scheme }: ScannedUrl, isSecret: (name: string) => boolean): StoreUrl => ({
  scheme: scheme.text,
  path: path.text,
  written: path.written,
  options: options.map(({ name, value }) => ({ name: name.text, value: value.text, isSecret: isSecret(name.text) }))
})

const schemeNames = (schemes: ReadonlyMap<string, AnyScheme>): ReadonlyArray<string> => [...schemes.keys()].toSorted()

const resolveUrl = <R>(schemes: ReadonlyMap<string, AnyScheme<R>>, url: ScannedUrl, context: Context) =>
  Result.gen(function*() {
    const scheme = schemes.get(url.scheme.text)
    if (scheme === undefined) {
      return yield* unknownName({ part: "scheme", written: url.scheme, known: schemeNames(schemes) }, context)
    }
    yield* checkPath(scheme, url)
    const known = [...optionNames(scheme), requireName].toSorted()
    const unknown = url.options.find(({ name }) => !known.includes(name.text))
    if (unknown !== undefined) return yield* unknownName({ part: "option", written: unknown.name, known }, context)
    const isSecret = (name: string) => isSecretName(name) || scheme.secrets?.includes(name) === true
    const [common, own] = [
      url.options.filter(({ name }) => name.text === requireName),
      url.options.filter(({ name }) => name.text !== requireName)
    ]
    const refuse = <A>(decoded: Result.Result<A, Schema.SchemaError>): Resolving<A> =>
      Result.orElse(decoded, ({ issue }) => wrongOption(issue, url, isSecret))
    const { require } = yield* refuse(decodeRequired(recordOf(common)))
    const options = yield* refuse(Schema.decodeUnknownResult(scheme.options)(recordOf(own), { errors: "all" }))
    const required: Option.Option<Durability> = Option.fromUndefinedOr(require)
    return { url: storeOf(url, isSecret), scheme, options, required }
  })

/** What opens each URL of a chain, in its order. */
export const resolve = <R>({ schemes }: Registry<R>, text: string): Resolving<Chain<R>> => {
  const marked = [...schemes.values()].flatMap(({ secrets = [] }) => secrets)
  const known = schemeNames(schemes)
  return Result.flatMap(
    Result.mapError(
      scan(text),
      (error) =>
        error.part === "scheme"
          ? new InvalidStorageUrl({ part: error.part, position: error.position, problem: error.problem, known })
          : error
    ),
    (urls) => Result.all(Arr.map(urls, (url) => resolveUrl(schemes, url, { whole: text, marked })))
  )
}

/** Parses a chain; with a registry, what its schemes do not know is refused too. */
export const parse = (text: string, registry?: Registry<unknown>): Resolving<Parsed> => {
  const stores = registry === undefined
    ? Result.map(scan(text), (urls) => urls.map((url) => storeOf(url, isSecretName)))
    : Result.map(resolve(registry, text), (urls) => urls.map(({ url }) => url))
  return Result.map(stores, (parsed) => new Parsed(parsed))
}
