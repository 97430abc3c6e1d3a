/** Flaws in how keys become places: keys that fall together, or that cannot be used. */
import { makeKey, type SessionKey } from "@holdfast/core"
import { Effect } from "effect"
import { type Flaw, type Mutant, mutant } from "./mutant.ts"

/** A mutant that stores every key under another one. */
const placing = (flaw: Flaw, place: (key: SessionKey) => SessionKey): Mutant =>
  mutant(flaw, () => (adapter) => ({
    head: (key) => adapter.head(place(key)),
    load: (key) => adapter.load(place(key)),
    entries: (key, range) => adapter.entries(place(key), range),
    commit: (change) =>
      adapter.commit({ ...change, operations: change.operations.map((each) => ({ ...each, key: place(each.key) })) })
  }))

const placingNames = (flaw: Flaw, place: (name: string) => string): Mutant =>
  placing(flaw, ({ id, namespace }) => makeKey(place(id), namespace.map(place)))

const decoded = (name: string): string => name.replace(/%2F/i, "_").replace(/[*?]/g, "_")

const longestOnWindows = 120

const withoutSuffix = (name: string): string => name.replace(/\.(json|tmp|lock)$/, "")

const withoutTail = (name: string): string => name.replace(/(?<=.)[. ]+$/, "")

const clean = (name: string): string =>
  name.toWellFormed().replace(/[\p{Cc}/\\]/gu, "_").slice(0, 60).replace(/^\.*$/, "_")

export const keyMutants: ReadonlyArray<Mutant> = [
  placing(
    { id: "replacesInIds", flaw: "ids are decoded like URLs and lose wildcards", breaks: ["keys.oddNames"] },
    ({ id, namespace }) => makeKey(decoded(id), namespace)
  ),
  placing(
    {
      id: "replacesInNamespaces",
      flaw: "namespaces are decoded like URLs and lose wildcards",
      breaks: ["keys.oddNamespaces", "keys.partsAreApart"]
    },
    ({ id, namespace }) => makeKey(id, namespace.map(decoded))
  ),
  placingNames(
    { id: "trimsLikeWindows", flaw: "dots and spaces at the end of a name are dropped", breaks: ["keys.windowsNames"] },
    withoutTail
  ),
  mutant(
    {
      id: "refusesReservedNames",
      flaw: "reading a name that Windows reserves finds nothing",
      breaks: ["keys.windowsNames"]
    },
    () => (adapter) => ({ load: (key) => adapter.load(/^(con|nul|aux)$/i.test(key.id) ? makeKey("nowhere") : key) })
  ),
  placingNames(
    { id: "dropsSuffixes", flaw: "a suffix of its own files is dropped from names", breaks: ["keys.filesOfAdapters"] },
    withoutSuffix
  ),
  placingNames(
    { id: "foldsCase", flaw: "names are stored in lower case", breaks: ["keys.caseMatters", "remove.leavesOthers"] },
    (name) => name.toLowerCase()
  ),
  placingNames(
    { id: "normalises", flaw: "names are normalised", breaks: ["keys.unicodeForms"] },
    (name) => name.isWellFormed() ? name.normalize("NFC") : name
  ),
  placingNames(
    { id: "cutsNames", flaw: "names are cut after 120 characters", breaks: ["keys.longest"] },
    (name) => new TextEncoder().encode(name).length > 128 ? name : name.slice(0, longestOnWindows)
  ),
  placing(
    { id: "joinsParts", flaw: "the parts of a key are joined by a dot", breaks: ["keys.partsAreApart"] },
    (key) => {
      const parts = [...key.namespace, key.id]
      const isShort = parts.every((part) => /^[\w.-]+$/.test(part)) && parts.join(".").length <= 100
      return isShort ? makeKey(parts.join(".")) : key
    }
  ),
  placing(
    { id: "folderIsFile", flaw: "an id and a namespace of one name fall together", breaks: ["keys.idAndNamespace"] },
    ({ id, namespace }) => makeKey(id, namespace.at(-1) === id ? namespace.slice(0, -1) : namespace)
  ),
  mutant(
    { id: "shortKeys", flaw: "promises names of 64 bytes only", breaks: ["capability.isSane"] },
    () => (adapter) => ({ capability: { ...adapter.capability, keyBytesMax: 64 } })
  ),
  placing(
    {
      id: "cleansKeys",
      flaw: "a key outside the limits is made to fit",
      breaks: ["badKey.isNotWritten", "badKey.isNotRead", "badKey.stopsItsChange"]
    },
    ({ id, namespace }) => {
      const isGood = [...namespace, id].every((name) => name === clean(name) && name !== "")
      return isGood ? makeKey(id, namespace.slice(0, 8)) : makeKey(clean(id), namespace.map(clean).slice(0, 8))
    }
  ),
  mutant(
    { id: "writesGoodKeys", flaw: "a change with a bad key is applied without it", breaks: ["badKey.stopsItsChange"] },
    () => (adapter) => ({
      commit: (change) => {
        const good = change.operations.filter(({ key }) => !key.id.includes("/"))
        const first = good.length > 0 && good.length < change.operations.length
          ? Effect.ignore(adapter.commit({ ...change, operations: good }))
          : Effect.void
        return Effect.andThen(first, adapter.commit(change))
      }
    })
  )
]
