/**
 * Moving sessions from one account to another while they are copied: `--map old/org=new/org`.
 *
 * A session changes its namespace only where the user says so. The first rule that fits decides; it moves the namespace
 * and what lies below it.
 */
import { isWithin, makeKey, type SessionKey } from "@holdfast/core"
import * as CliError from "effect/cli/CliError"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import { namespaceOf } from "./keys.ts"

/** A namespace, and the one that it becomes. */
export interface Rule {
  readonly from: ReadonlyArray<string>
  readonly to: ReadonlyArray<string>
}

const rule = (text: string): Effect.Effect<Rule, CliError.InvalidValue> => {
  const [, from, to] = /^([^=]*)=([^=]*)$/.exec(text) ?? []
  return from === undefined || to === undefined
    ? Effect.fail(
      new CliError.InvalidValue({ option: "map", value: text, expected: "old/namespace=new/namespace", kind: "flag" })
    )
    : Effect.succeed({ from: namespaceOf(from), to: namespaceOf(to) })
}

/** The flag for rules; it may be given several times. */
export const mapFlag = Flag.String("map").pipe(
  Flag.withMetavar("old=new"),
  Flag.mapEffect(rule),
  Flag.withDescription("Put the sessions of one account or namespace into another one; may be given several times"),
  Flag.atLeast(0)
)

/** The key of a session in the target. */
export const mapKey = (rules: ReadonlyArray<Rule>, { id, namespace }: SessionKey): SessionKey => {
  const found = rules.find(({ from }) => isWithin(namespace, from))
  return found === undefined
    ? makeKey(id, namespace)
    : makeKey(id, [...found.to, ...namespace.slice(found.from.length)])
}
