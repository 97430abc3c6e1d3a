/** The workloads that run on an open subject, by name. A list and an open are measured from the start of a process. */
import { append } from "./append.ts"
import { bodies } from "./bodies.ts"
import { burst } from "./burst.ts"
import { entries } from "./entries.ts"
import { load } from "./load.ts"
import { memory } from "./memory.ts"
import type { WorkloadName } from "./names.ts"
import { save } from "./save.ts"
import { saveMany } from "./saveMany.ts"
import type { Workload } from "./Workload.ts"

export const workloads: Readonly<Partial<Record<WorkloadName, Workload>>> = {
  save,
  saveMany,
  burst,
  load,
  append,
  memory,
  bodies,
  entries
}
