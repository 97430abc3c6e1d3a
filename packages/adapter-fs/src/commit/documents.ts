/**
 * The document that a change publishes: a version of a session, or the tombstone of a removal.
 *
 * A head settles the log that it was written with, so what lies beyond it later is new, waiting or void.
 * A tombstone keeps what must not happen twice: versions, write ids, the source of an adoption.
 */
import type { Plan, SessionKey } from "@holdfast/core/port"
import * as Option from "effect/Option"
import type { Document, SettledLog } from "../layout/envelope.ts"
import type { Current, KnownLog } from "./readCurrent.ts"

export type WritePlan = Extract<Plan, { readonly _tag: "Write" }>
export type RemovalPlan = Extract<Plan, { readonly _tag: "Removal" }>

/** The document that is there, a tombstone included. */
const documentBefore = ({ head }: Current): Option.Option<Document> =>
  head._tag === "Current" ? Option.some(head.document) : Option.none()

const settledLog = (current: Current, log: KnownLog): SettledLog => {
  const before = Option.match(documentBefore(current), {
    onNone: () => [],
    onSome: (document) => document.isRemoved ? [] : document.log.segments
  })
  const closed = log.segment === current.log.segment
    ? before.slice(0, -1)
    : [...before.slice(0, -1), { segment: current.log.segment, bytes: current.log.state.end }]
  const hasLog = log.isThere || closed.length > 0
  return {
    segments: hasLog ? [...closed, { segment: log.segment, bytes: log.state.end }] : [],
    count: log.state.count
  }
}

/** The next version of a session; `log` is its log with what the change has added. */
export const documentOf = (
  key: SessionKey,
  current: Current,
  written: { readonly plan: WritePlan; readonly log: KnownLog; readonly commitId: Option.Option<string> }
): Document => {
  const { commitId, log, plan } = written
  const before = documentBefore(current)
  const texts = Option.orElse(plan.put, () => before)
  const { entryCount: _, ...facts } = plan.next
  return {
    ...facts,
    key,
    log: settledLog(current, log),
    commitId,
    adoptedFrom: Option.flatMap(before, (document) => document.adoptedFrom),
    isRemoved: false,
    summary: Option.match(texts, { onNone: () => "null", onSome: (text) => text.summary }),
    body: Option.match(texts, { onNone: () => "null", onSome: (text) => text.body })
  }
}

/** What a removal leaves: versions go on above it, and what it remembers is not adopted or applied again. */
export const tombstoneOf = (key: SessionKey, current: Current, plan: RemovalPlan): Document => {
  const before = documentBefore(current)
  return {
    key,
    kind: "",
    schemaVersion: 0,
    version: plan.tombstone.version,
    incarnation: Option.match(before, { onNone: () => "", onSome: (document) => document.incarnation }),
    createdAt: plan.applied.at,
    updatedAt: plan.applied.at,
    writes: plan.tombstone.writes,
    log: { segments: [], count: 0 },
    commitId: Option.none(),
    adoptedFrom: Option.flatMap(before, (document) => document.adoptedFrom),
    isRemoved: true,
    summary: "null",
    body: "null"
  }
}
