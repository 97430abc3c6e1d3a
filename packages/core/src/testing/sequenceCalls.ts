/**
 * Calls: what the commands of a sequence come to, once the versions that they speak of are known.
 *
 * A call knows how to be made through an instance, and its answer knows how to be judged by a model.
 * What the port does not define, such as repeating a write that was forgotten by right, comes to no call.
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { AdapterReceipt } from "../errors/Receipt.ts"
import type { StorageError } from "../errors/StorageError.ts"
import type { Capability } from "../model/Capability.ts"
import { type ListPosition, positionOf } from "../model/ListQuery.ts"
import type { Expect } from "../model/operations.ts"
import type { SessionKey } from "../model/SessionKey.ts"
import type { StoredHead } from "../model/StoredRecord.ts"
import { Version } from "../model/Version.ts"
import type { Operation, StorageChange } from "../port/StorageChange.ts"
import type { Check, Step, Write } from "./commands.ts"
import { judgeCommit, type Judgement, type Model, placeOf, remembers } from "./model.ts"
import { judgeEntries, judgeListing, judgeLoad } from "./modelReads.ts"
import { append, json, put, remove } from "./operations.ts"
import type { Client, Trial } from "./Trial.ts"

/** An answer that was observed. */
export interface Seen {
  readonly text: string
  readonly judge: (model: Model) => Judgement
}

export interface Call {
  readonly text: string
  /** The keys that it may have changed. */
  readonly keys: ReadonlyArray<SessionKey>
  readonly perform: (client: Client) => Effect.Effect<Seen, unknown>
}

/** A change that was sent, and what is known of it. */
export interface Sent {
  readonly change: StorageChange
  state: "sent" | "applied" | "refused"
}

export interface CallContext {
  readonly model: Model
  readonly history: Array<Sent>
  readonly capability: Capability
  readonly trial: Trial
}

const keyName = (key: SessionKey): string => [...key.namespace, key.id].join("/")

const operationText = (operation: Operation): string => {
  const what = operation._tag === "Append" ? `${operation.entries.length} to` : ""
  if (operation._tag === "Restore") {
    return `Restore ${keyName(operation.key)} of version ${operation.record.head.version}`
  }
  const as = operation._tag === "Remove" ? "" : ` as ${operation.kind} ${operation.schemaVersion}`
  const floor = operation.floor === undefined ? "" : ` above ${operation.floor}`
  return `${operation._tag} ${what} ${keyName(operation.key)}${as} expecting ${operation.expect}${floor}`.replace(
    "  ",
    " "
  )
}

const answerText = (answer: Result.Result<AdapterReceipt, StorageError>): string =>
  Result.isFailure(answer)
    ? answer.failure.message
    : answer.success.keys.map(({ entryCount, version }) => `version ${version}, ${entryCount} entries`).join("; ")

const commitCall = (sent: Sent, change: StorageChange, context: CallContext): Call => ({
  text: `${change.writeId}: ${change.operations.map(operationText).join(" and ")}`,
  keys: change.operations.map(({ key }) => key),
  perform: (client) =>
    Effect.map(Effect.result(client.adapter.commit(change)), (answer) => {
      sent.state = Result.isFailure(answer) ? "refused" : "applied"
      const { capability } = context
      return { text: answerText(answer), judge: (model) => judgeCommit(model, change, { answer, capability }) }
    })
})

const expectOf = ({ expect, key }: Write, model: Model): Expect => {
  const { life, versionMax } = placeOf(model, key)
  if (expect === "current") return life === undefined ? "absent" : Version(life.version)
  return expect === "stale" ? Version(Math.max(1, (life?.version ?? versionMax) - 1)) : expect
}

// Some writes carry a floor well above what the key has.
const floorAbove = 1000

const operationsOf = (write: Write, model: Model, writeId: string): ReadonlyArray<Operation> => {
  const { key, kind, other, schemaVersion, shape } = write
  const hasFloor = write.entryCount === 4 && schemaVersion === 2
  const floor = hasFloor ? Version(placeOf(model, key).versionMax + floorAbove) : undefined
  const rest = { expect: expectOf(write, model), kind, schemaVersion, floor }
  const state = put(key, { writeId }, { ...rest, summary: json({ by: writeId }) })
  const entries = append(key, Array.from({ length: write.entryCount }, (_, index) => `${writeId}.${index}`), rest)
  switch (shape) {
    case "put":
      return [state]
    case "append":
      return [entries]
    case "both":
      return [state, entries]
    case "remove":
      return [remove(key, { expect: rest.expect, floor })]
    case "two":
      return [state, put(other, { writeId }, { kind, schemaVersion })]
  }
}

const writeCall = (write: Write, context: CallContext): Call => {
  const { writeId } = context.trial.change()
  const sent: Sent = { change: { writeId, operations: operationsOf(write, context.model, writeId) }, state: "sent" }
  context.history.push(sent)
  return commitCall(sent, sent.change, context)
}

/** What was forgotten by right, or belongs to a former life of its key, is not sent again. */
const repeatCall = (back: number, context: CallContext): Call | undefined => {
  // Counted round, so that a sequence that is shrunk has something to repeat as long as it writes at all.
  const sent = context.history.at(-1 - back % Math.max(1, context.history.length))
  if (sent === undefined) return undefined
  if (sent.state === "applied" && !remembers(context.model, sent.change)) return undefined
  const change = sent.state === "applied" ? { ...sent.change, attempt: 2 } : sent.change
  const call = commitCall(sent, change, context)
  return { ...call, text: `again ${call.text}` }
}

const loadCall = (key: SessionKey): Call => ({
  text: `Load ${keyName(key)}`,
  keys: [],
  perform: (client) =>
    Effect.map(client.snapshot(key), ({ session }) => ({
      text: session._tag === "None" ? "none" : `version ${session.value.head.version}`,
      judge: (model) => judgeLoad(model, key, session)
    }))
})

const entriesCall = ({ key, range }: Extract<Check, { _tag: "Entries" }>): Call => ({
  text: `Entries ${keyName(key)} ${json(range)}`,
  keys: [],
  perform: (client) =>
    Effect.map(client.entries(key, range), (rows) => ({
      text: `${rows.length} entries`,
      judge: (model) => judgeEntries(model, key, { range, rows })
    }))
})

const pageCountMax = 50

const listCall = ({ kind, namespace, order, pageSize }: Extract<Check, { _tag: "List" }>): Call => {
  const readPages = Effect.fnUntraced(function*(client: Client) {
    const pages: Array<ReadonlyArray<StoredHead>> = []
    let after: ListPosition | undefined
    while (pages.length < pageCountMax) {
      const page = yield* client.list({ namespace, order, kind, after, limit: pageSize })
      pages.push(page)
      if (page.length < pageSize) break
      after = positionOf(page.at(-1)!, order)
    }
    return pages.flat()
  })
  return {
    text: `List ${json(namespace)} by ${order}, ${kind ?? "all kinds"}, pages of ${pageSize}`,
    keys: [],
    perform: (client) =>
      Effect.map(readPages(client), (heads) => ({
        text: `${heads.length} heads`,
        judge: (model) => judgeListing(model, { namespace, order, kind }, heads)
      }))
  }
}

/** The call that a step comes to; none where there is nothing to repeat or to call. */
export const callOf = (step: Step | Check, context: CallContext): Call | undefined => {
  switch (step._tag) {
    case "Write":
      return writeCall(step, context)
    case "Repeat":
      return repeatCall(step.back, context)
    case "Load":
      return loadCall(step.key)
    case "Entries":
      return entriesCall(step)
    case "List":
      return listCall(step)
    case "Reopen":
      return undefined
  }
}
