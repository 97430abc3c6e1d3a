/** Every policy round memory keeps the laws of the port, and so does what all of them make together. */
import { apply, circuitBroken, mirrored, required, retried, verified, withTimeout } from "../../src/policy/Policy.ts"
import { circuit, limits, over, retry } from "./wrapped.ts"

over("required", () => required({ durability: "volatile", compareAndSet: "process", atomicity: "manyKeys" }))
over("timed", () => withTimeout(limits))
over("retried", () => retried(retry))
over("circuit-broken", () => circuitBroken(circuit))
over("verified", () => verified)
over("mirrored", (mirror) => mirrored({ adapter: mirror }))
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
