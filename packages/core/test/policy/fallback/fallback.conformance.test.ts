/** A chain whose first tier fails now and then keeps the laws of the port; others are in the slow tests. */
import { conformance } from "@holdfast/core/testing/vitest"
import { failingChain } from "./harnesses.ts"

conformance(failingChain)
