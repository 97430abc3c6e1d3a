/**
 * What may be true of a store in which one file was damaged.
 *
 * Sessions that the file does not belong to are as they were. Its own session is as it was, or says that it cannot be
 * read: never older, never absent, never something else, and never without an entry that it had.
 */
import { type Finding, type Listed, StorageError } from "@holdfast/core"
import { Cause, Effect, Exit, Option } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { type Adapter, change, findings, list, lostFound, put, quickFolder, visit } from "../kit.ts"
import { type Seen, seenOf } from "../scenario/content.ts"
import { hurried } from "../scenario/hurried.ts"
import { type CrowdedStore, opening, type Resident } from "./crowdedStore.ts"
import { type Damage, damageOne, filesIn } from "./damage.ts"

/** What a session shows: what is there, or the message of the error that says why it cannot be read. */
type Shown = { readonly _tag: "Seen"; readonly seen: Seen } | { readonly _tag: "Refused"; readonly why: string }

/** How a case ended for the session of the damaged file. */
export type Ending = "no session's file" | "as it was" | "entries refused" | "refused" | "told and repaired" | "broken"

/** What a case broke, if anything. */
export interface Verdict {
  readonly damage: Damage
  readonly ending: Ending
  readonly broken: ReadonlyArray<string>
}

class Broken extends Error {}

const claim = (holds: boolean, what: string): void => {
  if (!holds) throw new Broken(what)
}

const brief = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) => typeof part === "string" ? part.slice(0, 24) : part)

const show = (adapter: Adapter, { key, name }: Resident): Effect.Effect<Shown> =>
  Effect.map(Effect.exit(seenOf(adapter, key)), (exit): Shown => {
    if (Exit.isSuccess(exit)) return { _tag: "Seen", seen: exit.value }
    const error = Cause.squash(exit.cause)
    claim(error instanceof StorageError, `${name} ends in a defect: ${String(error)}`)
    claim((error as StorageError).outcome === "notApplied", `${name}: a read changes nothing`)
    return { _tag: "Refused", why: (error as StorageError).message }
  })

const entriesOf = ({ content }: Seen): ReadonlyArray<unknown> =>
  Option.match(content, { onNone: () => [], onSome: ({ entries }) => entries })

const stateOf = ({ content }: Seen): unknown =>
  Option.match(content, { onNone: () => null, onSome: ({ state }) => state })

const isRefusedEntry = (entry: unknown): boolean => String(entry).startsWith("cannot be read: ")

/** Judges the damaged session itself. */
const judgeOwn = (
  name: string,
  before: Seen,
  { isTold, shown }: { readonly shown: Shown; readonly isTold: boolean }
): Ending => {
  if (shown._tag === "Refused") return "refused"
  const { seen } = shown
  if (isTold) {
    const isAbove = Option.isNone(seen.content) || seen.version > before.version
    claim(isAbove, `${name} was repaired with version ${seen.version}, and had ${before.version}`)
    return "told and repaired"
  }
  claim(
    Option.isSome(seen.content) === Option.isSome(before.content),
    `${name} is ${brief(seen)}, was ${brief(before)}`
  )
  claim(seen.version >= before.version, `${name} has fallen from version ${before.version} to ${seen.version}`)
  claim(stateOf(seen) === stateOf(before), `${name} has another state: ${brief(stateOf(seen))}`)
  const [entries, was] = [entriesOf(seen), entriesOf(before)]
  claim(
    entries.length >= was.length,
    `${name} has ${entries.length} entries of ${was.length}, and says nothing of the others`
  )
  const isRight = entries.every((entry, index) => entry === was[index] || isRefusedEntry(entry))
  claim(isRight, `${name} has other entries: ${brief(entries)}, had ${brief(was)}`)
  return entries.some(isRefusedEntry) ? "entries refused" : "as it was"
}

/** The sessions that nobody touched are as they were, byte for byte. */
const judgeOthers = Effect.fnUntraced(function*(store: CrowdedStore, adapter: Adapter, damaged: Resident | undefined) {
  for (const [index, resident] of store.residents.entries()) {
    if (resident === damaged) continue
    const before = store.seen[index]!
    const shown = yield* show(adapter, resident)
    claim(
      shown._tag === "Seen" && JSON.stringify(shown.seen) === JSON.stringify(before),
      `${resident.name}, which nobody touched, is ${brief(shown)}, was ${brief(before)}`
    )
  }
})

/** The session of the damaged file, if it has one, and whether a recovery has said that it is older than it was. */
interface Patient {
  readonly damaged: Resident | undefined
  readonly isTold: boolean
}

/** Judges the damaged session as it is shown. */
const judgeDamaged = Effect.fnUntraced(function*(store: CrowdedStore, adapter: Adapter, { damaged, isTold }: Patient) {
  if (damaged === undefined) return undefined
  const shown = yield* show(adapter, damaged)
  return { ending: judgeOwn(damaged.name, store.seen[store.residents.indexOf(damaged)]!, { shown, isTold }) }
})

/** Judges all sessions as they are shown; answers how the damaged one is. */
const judgeAll = Effect.fnUntraced(function*(store: CrowdedStore, adapter: Adapter, patient: Patient) {
  yield* judgeOthers(store, adapter, patient.damaged)
  return yield* judgeDamaged(store, adapter, patient)
})

/** Whether a recovery has said that a session is older than it was, and was asked to make that current. */
const isToldOf = (found: ReadonlyArray<Finding>, damaged: Resident | undefined): boolean =>
  found.some(({ applied, key, kind }) =>
    kind === "sessionFile.older" && applied && damaged !== undefined
    && Option.exists(key, (each) =>
      each.id === damaged.key.id && each.namespace.join("/") === damaged.key.namespace.join("/"))
  )

const isRowOf = ({ key }: Resident) => (row: Listed): boolean => {
  const found = row._tag === "StoredHead" ? Option.some(row.key) : row.key
  return Option.exists(found, ({ id, namespace }) => id === key.id && namespace.join("/") === key.namespace.join("/"))
}

/** A listing has a head for every session, or a row that says that it cannot be read. */
const judgeListing = Effect.fnUntraced(function*(store: CrowdedStore, adapter: Adapter, { damaged, isTold }: Patient) {
  const rows = yield* list(adapter)
  for (const [index, resident] of store.residents.entries()) {
    const before = store.seen[index]!
    const own = rows.filter(isRowOf(resident))
    const heads = own.filter((row) => row._tag === "StoredHead")
    const isThere = Option.isSome(before.content)
    if (resident === damaged) {
      claim(!isThere || isTold || own.length > 0, `${resident.name} is not listed`)
      claim(heads.every(({ version }) => version >= before.version), `${resident.name} is listed with an older version`)
      claim(isThere || heads.length === 0, `${resident.name} is listed and was removed`)
    } else {
      const isRight = isThere ? heads.length === 1 && heads[0]!.version === before.version : heads.length === 0
      claim(isRight, `${resident.name}, which nobody touched, is listed as ${brief(own)}`)
    }
  }
})

/** The session that a file belongs to, by its name without suffixes. */
const ownerOf = (store: CrowdedStore, file: string): Resident | undefined => {
  const [folder, base] = [path.dirname(file), path.basename(file)]
  const stem = base.split(".")[0]
  return store.residents.find(({ key }) => key.namespace.join("/") === folder && key.id === stem)
}

const beginsWith = (found: Buffer, bytes: Buffer): boolean => found.subarray(0, bytes.length).equals(bytes)

/**
 * The damaged bytes are where they were, or were set aside, unless they say nothing: they are zeroes, or the file is
 * again what it was before the damage, as after a whole last line was given back its line end.
 */
export const judgeKept = (folder: string, { before, bytes, file }: Damage): void => {
  const full = path.join(folder, file)
  const found = fs.existsSync(full) ? fs.readFileSync(full) : Buffer.alloc(0)
  const isAside = lostFound(folder).some((name) => fs.readFileSync(path.join(folder, name)).includes(bytes))
  const isMended = before.length > 0 && beginsWith(found, before)
  const isKept = isAside || isMended || beginsWith(found, bytes) || bytes.every((byte) => byte === 0)
  claim(isKept, `the damaged bytes of ${file} are gone`)
}

/** A save of the damaged session is refused where it could not be read, or goes on from what was read. */
const judgeSave = Effect.fnUntraced(function*(adapter: Adapter, resident: Resident, shown: Shown) {
  const exit = yield* Effect.exit(adapter.commit(change(put(resident.key, { title: "after" }))))
  if (Exit.isFailure(exit)) {
    const error = Cause.squash(exit.cause)
    claim(error instanceof StorageError, `a save of ${resident.name} ends in a defect: ${String(error)}`)
    claim((error as StorageError).outcome === "notApplied", `a save of ${resident.name}: ${String(error)}`)
    return
  }
  claim(shown._tag === "Seen", `a save went over ${resident.name}, which cannot be read`)
  if (shown._tag === "Refused") return
  const after = yield* show(adapter, resident)
  claim(after._tag === "Seen", `${resident.name} cannot be read after a save: ${brief(after)}`)
  if (after._tag === "Refused") return
  claim(after.seen.version > shown.seen.version, `${resident.name} goes on with version ${after.seen.version}`)
  const was = entriesOf(shown.seen)
  const entries = entriesOf(after.seen)
  const isRight = entries.length === was.length &&
    entries.every((entry, index) => entry === was[index] || isRefusedEntry(was[index]))
  claim(isRight, `${resident.name} has other entries after a save: ${brief(entries)}, had ${brief(was)}`)
})

const brokenOf = (cause: Cause.Cause<unknown>): string => {
  const error = Cause.squash(cause)
  return error instanceof Broken ? error.message : `it ends in a failure: ${String(error)}`
}

/** How much is looked at in each case: sessions before a recovery, after it and after another opening, or only once. */
export type Depth = "whole" | "brief"

/** Opens the store and brings it in order; the sessions are no worse for that. */
const lookAndRecover = (store: CrowdedStore, damaged: Resident | undefined, depth: Depth) => (adapter: Adapter) =>
  Effect.gen(function*() {
    const patient = { damaged, isTold: false }
    const before = yield* depth === "whole" ? judgeAll(store, adapter, patient) : judgeDamaged(store, adapter, patient)
    yield* findings(adapter, "inspect")
    const isTold = isToldOf(yield* findings(adapter, "apply"), damaged)
    yield* judgeListing(store, adapter, { damaged, isTold })
    const after = yield* judgeAll(store, adapter, { damaged, isTold })
    const isWorse = before !== undefined && before.ending !== "refused" && before.ending !== after?.ending
    claim(!isWorse, `${damaged?.name} was ${before?.ending} before a recovery, and is ${after?.ending} after it`)
    return { ending: after?.ending, isTold }
  })

/** Opens the store once more, and saves the damaged session. */
const lookAndSave = Effect.fnUntraced(function*(store: CrowdedStore, { damaged, isTold }: Patient, adapter: Adapter) {
  yield* judgeListing(store, adapter, { damaged, isTold })
  if (damaged === undefined) return undefined
  const shown = yield* show(adapter, damaged)
  const ending = judgeOwn(damaged.name, store.seen[store.residents.indexOf(damaged)]!, { shown, isTold })
  yield* judgeSave(adapter, damaged, shown)
  return ending
})

const damageAny = (folder: string): Effect.Effect<Damage> => damageOne(folder, filesIn(folder))

/** Damages a copy of the store, any file of it or in the way that is asked for, and judges what becomes of it. */
export const tryDamage = Effect.fnUntraced(
  function*(store: CrowdedStore, depth: Depth, inflict: (folder: string) => Effect.Effect<Damage> = damageAny) {
    const folder = yield* quickFolder
    fs.cpSync(store.folder, folder, { recursive: true, preserveTimestamps: true })
    const damage = yield* inflict(folder)
    const damaged = ownerOf(store, damage.file)

    const exit = yield* Effect.exit(Effect.gen(function*() {
      const { ending: first, isTold } = yield* visit(folder, lookAndRecover(store, damaged, depth), opening)
      if (damaged !== undefined) judgeKept(folder, damage)
      const again = yield* visit(folder, (adapter) => lookAndSave(store, { damaged, isTold }, adapter), opening)
      claim(first === again, `${damaged?.name} was ${first}, and is ${again} when opened again`)
      if (depth === "whole") yield* visit(folder, (adapter) => judgeOthers(store, adapter, damaged), opening)
      return first
    }))
    const verdict: Verdict = Exit.isSuccess(exit)
      ? { damage, ending: exit.value ?? "no session's file", broken: [] }
      : { damage, ending: "broken", broken: [`${damage.description}: ${brokenOf(exit.cause)}`] }
    return verdict
  },
  Effect.scoped,
  hurried
)
