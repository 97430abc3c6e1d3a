/** The SQLite adapter keeps the laws of the port with a SQLite that leaves it one connection. */
import { conformance } from "@holdfast/core/testing/vitest"
import { observing } from "./modes.ts"

conformance(observing("sqlite, one process", { sqliteVersion: "3.50.4" }))
