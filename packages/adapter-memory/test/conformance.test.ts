/**
 * The memory adapter keeps the laws of the port: with all that it promises, with the least that it may promise,
 * and as storage that several processes share, which is what flaws between processes are made of.
 */
import { conformance } from "@holdfast/core/testing/vitest"
import { memory, smallMemory } from "./harness.ts"
import { host } from "./host.ts"

for (const harness of [memory, smallMemory, host]) conformance(harness)
