/**
 * How large and how long every workload is.
 *
 * The full sizes are those of the targets. Counts are such that a case of a store that flushes takes about a second: long
 * against a hiccup of the machine, short enough for several rounds. Warm-ups are long enough for the compiler to settle:
 * apps with sessions run for hours. What a fresh process costs is measured by the list and the start.
 */
import type { WorkloadName } from "./workloads/names.ts"
import type { Sizes } from "./workloads/Workload.ts"

const sessionBytes = 10_240
const kib = 1024
const mib = 1024 * kib

const none: Sizes = { count: 0, warmup: 0, bytes: sessionBytes, sessions: 0, entries: 0, budgetMillis: 5000 }

type Table = Readonly<Record<WorkloadName, ReadonlyArray<Sizes>>>

const full: Table = {
  save: [{ ...none, count: 400, warmup: 300 }],
  saveMany: [{ ...none, count: 1000, warmup: 320 }],
  burst: [{ ...none, count: 8, warmup: 3 }],
  load: [{ ...none, count: 3000, warmup: 3000, sessions: 1000 }],
  list: [{ ...none, sessions: 10_000 }],
  append: [{ ...none, count: 2000, warmup: 300, budgetMillis: 8000 }],
  open: [{ ...none, count: 3, sessions: 1000 }],
  memory: [kib, sessionBytes].map((bytes) => ({ ...none, bytes, count: 20_000, warmup: 20_000 })),
  bodies: [
    { ...none, bytes: kib, count: 200, warmup: 50 },
    { ...none, bytes: 10 * kib, count: 200, warmup: 50 },
    { ...none, bytes: 100 * kib, count: 100, warmup: 20 },
    { ...none, bytes: mib, count: 20, warmup: 5 },
    { ...none, bytes: 8 * mib, count: 5, warmup: 2 }
  ],
  sessions: [10, 100, 1000, 10_000, 100_000].map((sessions) => ({ ...none, bytes: kib, sessions })),
  entries: [1, 10, 100, 1000, 10_000, 100_000].map((entries) => ({ ...none, entries, count: 50 }))
}

const quick: Table = {
  save: [{ ...none, count: 20, warmup: 5 }],
  saveMany: [{ ...none, count: 64, warmup: 8 }],
  burst: [{ ...none, count: 1 }],
  load: [{ ...none, count: 100, warmup: 10, sessions: 100 }],
  list: [{ ...none, sessions: 100 }],
  append: [{ ...none, count: 30, warmup: 5 }],
  open: [{ ...none, count: 1, sessions: 100 }],
  memory: [kib, sessionBytes].map((bytes) => ({ ...none, bytes, count: 500, warmup: 100 })),
  bodies: [{ ...none, bytes: 100 * kib, count: 3, warmup: 1 }],
  // The same stores as for the list, so that they are filled once.
  sessions: [{ ...none, sessions: 100 }],
  entries: [{ ...none, entries: 100, count: 3 }]
}

export const sizesOf = (profile: "full" | "quick"): Table => profile === "full" ? full : quick
