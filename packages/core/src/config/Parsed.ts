/**
 * Storage URLs as data: a chain of stores, each with its scheme, its path and its options.
 *
 * A value shows itself without its secrets wherever it is printed, logged or made JSON of. `format` gives
 * the whole text, which parses to an equal value.
 */
import { NodeInspectSymbol } from "effect/Inspectable"
import { encoder } from "./percent.ts"
import { hidden, withoutPassword } from "./secrets.ts"

/** An option of a URL, decoded from its percent encoding and not by a schema. */
export interface UrlOption {
  readonly name: string
  readonly value: string
  /** Whether the value is shown as `***`. */
  readonly isSecret: boolean
}

/** One URL of a chain. */
export interface StoreUrl {
  /** In lower case, without the colon. */
  readonly scheme: string
  /** Between the scheme and the options, decoded. */
  readonly path: string
  /** The same as it is written: where a path has parts, such as a user and a host, they are told apart in this one. */
  readonly written: string
  readonly options: ReadonlyArray<UrlOption>
}

const encodePath = encoder("")
const encodeOption = encoder("&=")

interface Shown {
  readonly scheme: string
  readonly written: string
  readonly options: ReadonlyArray<{ readonly name: string; readonly value: string }>
}

const textOf = ({ options, scheme, written }: Shown): string => {
  const query = options.map(({ name, value }) => `${encodeOption(name)}=${encodeOption(value)}`).join("&")
  return `${scheme}:${written}${query === "" ? "" : `?${query}`}`
}

/** A URL that names one store, or several of which each is there for when those before it fail. */
export class Parsed {
  readonly stores: ReadonlyArray<StoreUrl>
  constructor(stores: ReadonlyArray<StoreUrl>) {
    this.stores = stores
  }
  toString(): string {
    return print(this)
  }
  toJSON(): string {
    return print(this)
  }
  [NodeInspectSymbol](): string {
    return `StorageUrl(${print(this)})`
  }
}

/** What one URL is made of. */
export interface StoreParts {
  readonly scheme: string
  readonly path: string
  readonly options?: Readonly<Record<string, string>> | undefined
}

/** The text of a chain of URLs, encoded where it has to be. */
export const textOfParts = (stores: ReadonlyArray<StoreParts>): string =>
  stores.map(({ options = {}, path, scheme }) =>
    textOf({
      scheme,
      written: encodePath(path),
      options: Object.entries(options).map(([name, value]) => ({ name, value }))
    })
  ).join(",")

/** The text of a URL with its secrets: for another process, never for a log. */
export const format = (url: Parsed): string => url.stores.map(textOf).join(",")

const redacted = (store: StoreUrl): string =>
  textOf({
    scheme: store.scheme,
    written: withoutPassword(store.written),
    options: store.options.map((option) => option.isSecret ? { name: option.name, value: hidden } : option)
  })

/** The text of a URL for people: passwords, and values of options that are secret, are `***`. */
export const print = (url: Parsed): string => url.stores.map(redacted).join(",")
