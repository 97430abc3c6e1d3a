/**
 * The workloads by name: what each one measures, in which unit, and which way is better.
 */
export type WorkloadName =
  | "save"
  | "saveMany"
  | "burst"
  | "load"
  | "list"
  | "append"
  | "open"
  | "memory"
  | "bodies"
  | "sessions"
  | "entries"

/** One figure that a workload gives. */
export interface Figure {
  readonly name: string
  readonly unit: "per second" | "ms" | "µs"
}

export interface WorkloadText {
  readonly title: string
  readonly figures: readonly [Figure, ...Array<Figure>]
  /** Has to flush, so that it is repeated on a journaled file system. */
  readonly durable: boolean
  /** What the size of a case counts, where cost against size is measured. */
  readonly size?: "sessions" | "bytes" | "entries"
}

const perSecond = [{ name: "rate", unit: "per second" }] as const

export const workloadTexts: Readonly<Record<WorkloadName, WorkloadText>> = {
  save: { title: "W1 save: one session, one save after the other", figures: perSecond, durable: true },
  saveMany: { title: "W2 save many: different sessions, 32 at a time", figures: perSecond, durable: true },
  burst: { title: "W3 burst: concurrent saves of one session", figures: perSecond, durable: true },
  load: { title: "W4 load: random reads", figures: perSecond, durable: false },
  list: {
    title: "W5 list: titles and times, fresh process",
    figures: [{ name: "total", unit: "ms" }, { name: "open", unit: "ms" }, { name: "list", unit: "ms" }],
    durable: false
  },
  append: {
    title: "W6 append: a save after each message",
    figures: [{ name: "total", unit: "ms" }],
    durable: true
  },
  open: {
    title: "W7 open: process start, open, load one, above bare node",
    figures: [{ name: "above", unit: "ms" }, { name: "wall", unit: "ms" }],
    durable: false
  },
  memory: {
    title: "Memory: a save and a load, in memory",
    figures: [{ name: "pair", unit: "µs" }],
    durable: false,
    size: "bytes"
  },
  bodies: {
    title: "Cost against the size of a session",
    figures: [{ name: "save", unit: "ms" }, { name: "load", unit: "ms" }],
    durable: false,
    size: "bytes"
  },
  sessions: {
    title: "Cost of a list against the number of sessions, fresh process, 1 KB each",
    figures: [{ name: "total", unit: "ms" }, { name: "open", unit: "ms" }, { name: "list", unit: "ms" }],
    durable: false,
    size: "sessions"
  },
  entries: {
    title: "Cost against the number of messages in a session",
    figures: [{ name: "append", unit: "ms" }, { name: "tail", unit: "ms" }],
    durable: false,
    size: "entries"
  }
}

export const workloadNames = Object.keys(workloadTexts) as ReadonlyArray<WorkloadName>
