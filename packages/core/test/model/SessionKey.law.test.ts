import { assert, describe, it } from "@effect/vitest"
import { keyOrder, keyText, type SessionKey } from "@holdfast/core"
import { keys } from "./keys.ts"

const options = { arbitrary: { runs: 2000, size: 1000 } }

const sameNames = (self: SessionKey, that: SessionKey): boolean =>
  self.id === that.id
  && self.namespace.length === that.namespace.length
  && self.namespace.every((name, index) => name === that.namespace[index])

const unitsOf = (text: string) => Array.from({ length: text.length }, (_, index) => text.charCodeAt(index))

/** Compares element by element, the shorter first, without the code under test. */
const compareLists = <A>(self: ReadonlyArray<A>, that: ReadonlyArray<A>, compare: (a: A, b: A) => number): number => {
  const place = self.findIndex((item, index) => index >= that.length || compare(item, that[index]!) !== 0)
  if (place === -1) return self.length === that.length ? 0 : -1
  return place >= that.length ? 1 : compare(self[place]!, that[place]!)
}

const compareNames = (self: string, that: string): number =>
  compareLists(unitsOf(self), unitsOf(that), (a, b) => Math.sign(a - b))

describe("keyText", () => {
  it.prop("is the same for two keys only when all their names are", { self: keys, that: keys }, ({ self, that }) => {
    assert.strictEqual(keyText(self) === keyText(that), sameNames(self, that))
  }, options)
})

describe("keyOrder", () => {
  it.prop("goes by namespace, then by id, both by code units", { self: keys, that: keys }, ({ self, that }) => {
    const naive = compareLists(self.namespace, that.namespace, compareNames) || compareNames(self.id, that.id)
    assert.strictEqual(keyOrder(self, that), naive)
  }, options)

  it.prop("is total: two keys are level only when they are the same", { self: keys, that: keys }, ({ self, that }) => {
    assert.strictEqual(keyOrder(self, that) === 0, sameNames(self, that))
    assert.strictEqual(keyOrder(self, that) + keyOrder(that, self), 0)
  }, options)

  it.prop("is transitive", { a: keys, b: keys, c: keys }, ({ a, b, c }) => {
    if (keyOrder(a, b) <= 0 && keyOrder(b, c) <= 0) assert.isAtMost(keyOrder(a, c), 0)
  }, options)
})
