/** The memory adapter keeps the laws of the port, with all that it promises and with the least that it may promise. */
import { conformance } from "@holdfast/core/testing/vitest"
import { memory, smallMemory } from "./harness.ts"

conformance(memory)

conformance(smallMemory)
