/** Every policy round memory, each by itself, keeps the laws of the port. */
import { circuitBroken, mirrored, required, retried, verified, withTimeout } from "../../src/policy/Policy.ts"
import { circuit, limits, over, retry } from "./wrapped.ts"

over("required", () => required({ durability: "volatile", compareAndSet: "process", atomicity: "manyKeys" }))
over("timed", () => withTimeout(limits))
over("retried", () => retried(retry))
over("circuit-broken", () => circuitBroken(circuit))
over("verified", () => verified)
over("mirrored", (mirror) => mirrored({ adapter: mirror }))
