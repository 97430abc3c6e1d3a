/** The process of the open workload for the subject that its first argument names. */
import { entryOf } from "../subjects/registry.ts"
import { openCase } from "./openCase.ts"

await openCase(await entryOf(process.argv[2] ?? "").open())
