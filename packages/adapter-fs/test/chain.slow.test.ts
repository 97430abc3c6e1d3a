/** A chain of three stores of files, of which the first fails now and then, keeps the laws of the port. */
import { conformance } from "@holdfast/core/testing/vitest"
import { chainOf } from "../../../testing/policies.ts"
import { chosen, inSlots, renamed } from "./harness.ts"

conformance(chainOf("a chain of three stores of files", chosen, [inSlots, renamed]), {
  // A write that goes lower copies the whole session, also one with a thousand entries.
  limit: "5 minutes"
})
