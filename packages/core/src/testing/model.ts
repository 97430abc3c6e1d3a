/**
 * The reference model: what the port promises, read a second time and independently of `planChange`.
 *
 * A model is plain data. It does not predict versions, times and incarnations, which are the adapter's
 * to choose; it judges an answer that was observed and takes over what the adapter chose. So one answer
 * may fit or not, and what is left after it is the model to judge the next one by.
 */
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type { AdapterReceipt, KeyReceipt } from "../errors/Receipt.ts"
import type { StorageError } from "../errors/StorageError.ts"
import type { Capability } from "../model/Capability.ts"
import type { Append, Edit, Put, Remove } from "../model/operations.ts"
import type { SessionKey } from "../model/SessionKey.ts"
import type { StorageChange } from "../port/StorageChange.ts"
import { editsOf } from "./operations.ts"

interface ModelEntry {
  readonly text: string
  readonly version: number
  readonly at: number
  readonly schemaVersion: number
}

/** A session between its creation and its removal. */
export interface Life {
  /** Unknown until it was read for the first time. */
  readonly incarnation: string | undefined
  readonly kind: string
  readonly schemaVersion: number
  readonly version: number
  readonly createdAt: number
  readonly updatedAt: number
  readonly summary: string
  readonly body: string
  readonly entries: ReadonlyArray<ModelEntry>
}

/** A write that was applied, as it was answered. */
interface Applied {
  readonly id: string
  readonly version: number
  readonly updatedAt: number
  readonly entryCount: number
}

/** What is known of one key. */
export interface Place {
  readonly key: SessionKey
  readonly life: Life | undefined
  /** The highest version that the key ever had. */
  readonly versionMax: number
  /** The writes of the last life, oldest first. */
  readonly applied: ReadonlyArray<Applied>
}

export interface Model {
  readonly places: ReadonlyMap<string, Place>
  /** Every incarnation that was seen, with its key: none comes twice. */
  readonly incarnations: ReadonlyMap<string, string>
}

/** The model after an answer that fits, or why it does not fit. */
export type Judgement = Result.Result<Model, string>

export const emptyModel: Model = { places: new Map(), incarnations: new Map() }

const nameOf = (key: SessionKey): string => JSON.stringify([...key.namespace, key.id])

export const placeOf = (model: Model, key: SessionKey): Place =>
  model.places.get(nameOf(key)) ?? { key, life: undefined, versionMax: 0, applied: [] }

export const withPlace = (model: Model, place: Place): Model => ({
  ...model,
  places: new Map([...model.places, [nameOf(place.key), place]])
})

// Adapters remember sixteen writes of any kind. Fewer are asked for, so that writes that run at the same time as
// the repeated one do not push it out.
const rememberedCount = 12

/** Whether an adapter must recognise the write when it is repeated. */
export const remembers = (model: Model, change: StorageChange): boolean =>
  change.operations.every(({ key }) =>
    placeOf(model, key).applied.slice(-rememberedCount).some(({ id }) => id === change.writeId)
  )

/** A reason for which a change may be refused. `actual` is compared where it is given. */
type Refusal =
  | { readonly tag: "Unsupported" }
  | { readonly tag: "Conflict"; readonly record: "OtherKind" | "NewerSchema" }
  | { readonly tag: "Conflict"; readonly actual: number | undefined }

type Verdict =
  | { readonly _tag: "Refused"; readonly refusals: ReadonlyArray<Refusal> }
  | { readonly _tag: "Repeated"; readonly applied: Applied }
  | { readonly _tag: "Unchanged" }
  | { readonly _tag: "Removed" }
  | { readonly _tag: "Written"; readonly put: Put | undefined; readonly appends: ReadonlyArray<Append> }

const meets = ({ expect }: Edit, life: Life | undefined): boolean => {
  if (expect === "any") return true
  if (life === undefined) return expect === "absent"
  return expect === "present" || expect === life.version
}

const refusalsOf = (life: Life | undefined, operations: ReadonlyArray<Edit>): ReadonlyArray<Refusal> => {
  const mismatch: Refusal = { tag: "Conflict", actual: life?.version }
  const hasPut = operations.some((operation) => operation._tag === "Put")
  return operations.flatMap((operation): ReadonlyArray<Refusal> => {
    const found: Array<Refusal> = meets(operation, life) ? [] : [mismatch]
    if (operation._tag === "Append" && life === undefined && !hasPut) found.push(mismatch)
    if (operation._tag === "Remove" || life === undefined) return found
    if (operation.kind !== life.kind) found.push({ tag: "Conflict", record: "OtherKind" })
    if (operation.schemaVersion < life.schemaVersion) found.push({ tag: "Conflict", record: "NewerSchema" })
    return found
  })
}

const judgeKey = (place: Place, operations: ReadonlyArray<Edit>, writeId: string): Verdict => {
  const applied = place.applied.find(({ id }) => id === writeId)
  if (applied !== undefined) return { _tag: "Repeated", applied }
  const removals = operations.filter((operation): operation is Remove => operation._tag === "Remove")
  if (removals.length > 0 && operations.length > 1) return { _tag: "Refused", refusals: [{ tag: "Unsupported" }] }
  const refusals = refusalsOf(place.life, operations)
  if (refusals.length > 0) return { _tag: "Refused", refusals }
  if (removals.length > 0) return { _tag: place.life === undefined ? "Unchanged" : "Removed" }
  const put = operations.findLast((operation) => operation._tag === "Put")
  const appends = operations.filter((operation): operation is Append => operation._tag === "Append")
  const isEmpty = put === undefined && appends.every(({ entries }) => entries.length === 0)
  return isEmpty ? { _tag: "Unchanged" } : { _tag: "Written", put, appends }
}

const lifeAfter = (place: Place, verdict: Extract<Verdict, { _tag: "Written" }>, row: KeyReceipt): Life => {
  const { appends, put } = verdict
  const { updatedAt: at, version } = row
  const added = appends.flatMap(({ entries, schemaVersion }) =>
    entries.map((text): ModelEntry => ({ text, version, at, schemaVersion }))
  )
  const before = place.life ?? { incarnation: undefined, createdAt: at, entries: [] }
  const { body, kind, schemaVersion, summary } = put ?? place.life!
  return {
    incarnation: before.incarnation,
    createdAt: before.createdAt,
    kind,
    schemaVersion,
    summary,
    body,
    version,
    updatedAt: at,
    entries: [...before.entries, ...added]
  }
}

/** What the row of a key must say, as far as the model can tell; compared by name. */
const expectRow = (place: Place, verdict: Verdict, next: Life | undefined): Partial<KeyReceipt> => {
  switch (verdict._tag) {
    case "Repeated": {
      const { entryCount, updatedAt, version } = verdict.applied
      return { entryCount, updatedAt, version: version as KeyReceipt["version"] }
    }
    case "Written":
      return { entryCount: next!.entries.length, createdAt: next!.createdAt }
    case "Unchanged":
      return place.life === undefined ? {} : { version: place.life.version as KeyReceipt["version"] }
    case "Removed":
      return { entryCount: 0 }
    case "Refused":
      return {}
  }
}

/** Takes over one row of a receipt. */
const takeRow = (
  model: Model,
  verdict: Verdict,
  input: { readonly place: Place; readonly row: KeyReceipt; readonly change: StorageChange }
): Judgement => {
  const { change, place, row } = input
  const name = nameOf(place.key)
  const life = verdict._tag === "Written" ? lifeAfter(place, verdict, row) : undefined
  for (const [field, expected] of Object.entries(expectRow(place, verdict, life))) {
    const found = row[field as keyof KeyReceipt]
    if (found !== expected) {
      return Result.fail(
        `the receipt of ${name} says ${field} ${JSON.stringify(found)}, not ${JSON.stringify(expected)}`
      )
    }
  }
  if (verdict._tag === "Repeated" || verdict._tag === "Unchanged") return Result.succeed(model)
  const own = editsOf(change.operations).filter(({ key }) => nameOf(key) === name)
  const floor = Math.max(place.versionMax, ...own.map((operation) => operation.floor ?? 0))
  if (row.version <= floor) return Result.fail(`version ${row.version} of ${name} is not above ${floor}`)
  const entryCount = life?.entries.length ?? 0
  const applied = { id: change.writeId, version: row.version, updatedAt: row.updatedAt, entryCount }
  const kept = place.life === undefined ? [] : place.applied
  return Result.succeed(
    withPlace(model, { key: place.key, life, versionMax: row.version, applied: [...kept, applied] })
  )
}

const fitsRefusal = (error: StorageError, refusal: Refusal): boolean => {
  const { reason } = error
  if (reason._tag !== refusal.tag || reason.outcome !== "notApplied") return false
  if (reason._tag !== "Conflict") return true
  if ("record" in refusal) return reason.record?._tag === refusal.record
  return reason.record === undefined && "actual" in refusal && Option.getOrUndefined(reason.actual) === refusal.actual
}

const judgeRefusal = (
  model: Model,
  refusals: ReadonlyArray<Refusal>,
  answer: Result.Result<AdapterReceipt, StorageError>
): Judgement => {
  const expected = `a refusal with ${JSON.stringify(refusals)}`
  if (Result.isSuccess(answer)) return Result.fail(`the change succeeded, expected ${expected}`)
  const fits = refusals.some((refusal) => fitsRefusal(answer.failure, refusal))
  return fits ? Result.succeed(model) : Result.fail(`expected ${expected}, found: ${answer.failure.message}`)
}

/** Judges the answer to a change. */
export const judgeCommit = (
  model: Model,
  change: StorageChange,
  seen: { readonly answer: Result.Result<AdapterReceipt, StorageError>; readonly capability: Capability }
): Judgement => {
  const { answer, capability } = seen
  const groups = [...Map.groupBy(editsOf(change.operations), ({ key }) => nameOf(key)).values()]
  if (groups.length > 1 && capability.atomicity === "oneKey") {
    return judgeRefusal(model, [{ tag: "Unsupported" }], answer)
  }
  const judged = groups.map((operations) => {
    const place = placeOf(model, operations[0]!.key)
    return { place, verdict: judgeKey(place, operations, change.writeId) }
  })
  const refusals = judged.flatMap(({ verdict }) => verdict._tag === "Refused" ? verdict.refusals : [])
  if (refusals.length > 0) return judgeRefusal(model, refusals, answer)
  if (Result.isFailure(answer)) return Result.fail(`the change was refused: ${answer.failure.message}`)
  return judged.reduce<Judgement>((before, { place, verdict }) => {
    const row = answer.success.keys.find(({ key }) => nameOf(key) === nameOf(place.key))
    if (row === undefined) return Result.fail(`the receipt has no row for ${nameOf(place.key)}`)
    return Result.flatMap(before, (next) => takeRow(next, verdict, { place, row, change }))
  }, Result.succeed(model))
}
