/**
 * The laws are watched: every one of them is named by a mutant, and the suites over the mutants fail where a
 * named law does not break. A law that nobody has seen fail proves nothing.
 */
import { assert, it } from "@effect/vitest"
import { laws } from "@holdfast/core/testing"
import { mutants } from "./mutants.ts"

it("every law is broken by some mutant", () => {
  const named = new Set(mutants.flatMap(({ breaks }) => breaks))
  assert.deepStrictEqual(laws.map(({ id }) => id).filter((id) => !named.has(id)), [])
})

it("every mutant names laws that exist, and has an id of its own", () => {
  const ids = new Set(laws.map(({ id }) => id))
  for (const { breaks, id } of mutants) {
    assert.isNotEmpty(breaks, id)
    assert.deepStrictEqual(breaks.filter((law) => !ids.has(law)), [], id)
  }
  assert.strictEqual(new Set(mutants.map(({ id }) => id)).size, mutants.length)
})
