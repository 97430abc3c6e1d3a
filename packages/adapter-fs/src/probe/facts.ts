/**
 * Facts of a folder: what was tried in it, and what came of it.
 *
 * A fact is an observation of one moment. What is promised or chosen because of it is decided elsewhere,
 * by functions of these facts alone.
 */
import type * as Option from "effect/Option"

/** What is tried, in the order in which reports show it. */
export const factNames = [
  "create",
  "write",
  "syncFile",
  "overwrite",
  "append",
  "realPath",
  "rename",
  "renameOver",
  "keepIdentity",
  "link",
  "syncFolder",
  "list",
  "listNew"
] as const

/** One thing that is tried. */
export type FactName = typeof factNames[number]

/** What came of it: `detail` is the code of a failure, or why nothing was tried. */
export interface Fact {
  readonly outcome: "works" | "fails" | "notTried"
  readonly detail: string
}

/** Everything that is known of a folder by trying. */
export interface Facts {
  readonly folder: string
  readonly tried: { readonly [name in FactName]: Fact }
  /** An exclusive create answered that the name is taken, and nothing has that name. */
  readonly isCreateContradicted: boolean
  /** The folder that a file made here really lies in; none where that could not be found out. */
  readonly actual: Option.Option<string>
}

export const works: Fact = { outcome: "works", detail: "" }

/** A refusal, with its code. */
export const fails = (code: string): Fact => ({ outcome: "fails", detail: code })

/** Nothing was tried, for a reason. */
export const notTried = (because: string): Fact => ({ outcome: "notTried", detail: because })

/** Whether something was tried and worked. */
export const didWork = ({ tried }: Facts, name: FactName): boolean => tried[name].outcome === "works"

/** Whether something was tried and refused. */
export const wasRefused = ({ tried }: Facts, name: FactName): boolean => tried[name].outcome === "fails"

/** Whether something was refused with one of these codes. */
export const wasRefusedWith = (facts: Facts, name: FactName, codes: ReadonlyArray<string>): boolean =>
  wasRefused(facts, name) && codes.includes(facts.tried[name].detail)
