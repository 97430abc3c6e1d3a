/** What all policies make together round memory keeps the laws of the port; each by itself is in the slow tests. */
import { apply } from "../../src/policy/Policy.ts"
import { circuit, limits, over, retry } from "./wrapped.ts"

over("fully wrapped", (mirror, keys) =>
  apply({
    require: "volatile",
    timeout: limits,
    retry,
    circuit,
    observe: { spans: "on" },
    mirror: { adapter: mirror },
    access: "readWrite",
    verify: "readBack",
    encrypt: { keys }
  }))
