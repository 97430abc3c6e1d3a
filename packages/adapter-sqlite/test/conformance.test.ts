/** The SQLite adapter keeps the laws of the port. */
import { conformance } from "@holdfast/core/testing/vitest"
import { sqlite } from "./harness.ts"

conformance(sqlite)
