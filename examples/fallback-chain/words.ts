/**
 * Receipts, health and events in words: what happened, where it lies, and how durable it is.
 *
 * Nothing in these words is random or a time, so that a timeline made of them can be compared with a file.
 */
import type { Health, Receipt, StorageError, StorageEvent } from "@holdfast/core"
import { Option } from "effect"
import type { Found } from "./drafts.ts"

const reasons: { readonly [tag: string]: string } = { ReadOnly: "read-only", NoSpace: "full" }

const outcomes = { notApplied: "nothing was changed", applied: "it was applied", unknown: "nobody knows the outcome" }

const durabilities = {
  replicated: "replicated",
  flushed: "flushed to the disk",
  buffered: "handed to the system",
  volatile: "VOLATILE: gone when the app ends"
}

// Errors and receipts name the adapter; the chain's files are the file adapter's.
const tierOf = (adapter: string): string => adapter === "fs" ? "files" : adapter

const why = ({ reason: { _tag } }: StorageError): string => reasons[_tag] ?? _tag

const refusal = (error: StorageError): string =>
  `${tierOf(error.adapter)} refused it (${why(error)}, ${outcomes[error.outcome]})`

/** Where a write lies, and how durable it is there. */
export const receiptInWords = ({ adapter, degraded, durability }: Receipt): string =>
  `lies in ${tierOf(adapter)}, ${durabilities[durability]}${
    Option.match(degraded, {
      onNone: () => "",
      onSome: ({ pendingDrain }) => pendingDrain ? "; degraded, pending drain" : "; degraded"
    })
  }`

/** Why a write does not lie higher. */
export const refusalsInWords = ({ degraded, failures }: Receipt): Option.Option<string> =>
  Option.map(degraded, () => failures.map(refusal).join("; "))

/** The state of a store and of each tier. */
export const healthInWords = ({ displacedCount, state, tiers }: Health): string => {
  const rows = tiers.map(({ lastError, name, state: own }) =>
    Option.match(lastError, { onNone: () => `${name} ${own}`, onSome: (error) => `${name} ${own} (${why(error)})` })
  )
  return `${state.toUpperCase()}: ${rows.join(", ")}; ${displacedCount} displaced`
}

/** What an app would write into its log. */
export const eventInWords = (event: StorageEvent): string => {
  switch (event._tag) {
    case "Degraded":
      return `${event.tier} takes no writes: ${why(event.because)}`
    case "Recovered":
      return `${event.tier} works again`
    case "Displaced":
      return `the newest ${event.key.id} is displaced to ${event.tier}`
    case "Drained":
      return `what ${event.from} had of ${event.key.id} is in ${event.to}, and gone from ${event.from}`
    case "Conflict":
      return `${event.key.id} was changed on both sides; both are kept`
    case "Adopted":
    case "Quarantined":
      return `${event._tag}: ${event.place}`
  }
}

const counted = (count: number, thing: string): string => `${count} ${thing}${count === 1 ? "" : "s"}`

const draftInWords = (id: string, { edition, notes }: typeof Found.Type): string =>
  `${id} edition ${edition}${notes.length === 0 ? "" : ` with ${counted(notes.length, "note")}`}`

/** Drafts with their editions. */
export const draftsInWords = (drafts: { readonly [id: string]: typeof Found.Type }): string => {
  const found = Object.entries(drafts).map(([id, draft]) => draftInWords(id, draft))
  return found.length === 0 ? "nothing" : found.join(", ")
}
