/** What the kernel has counted for this process so far. */
import { readFileSync } from "node:fs"
import type { Counters } from "./caseProtocol.ts"

const ioCounters = (): Readonly<Record<string, number>> => {
  try {
    const lines = readFileSync("/proc/self/io", "utf8").trim().split("\n")
    return Object.fromEntries(lines.map((line) => {
      const [name = "", value] = line.split(": ")
      return [name, Number(value)]
    }))
  } catch {
    // Other systems than Linux count nothing; their reports say so by the number being none.
    return {}
  }
}

export const readCounters = (): Counters => {
  const io = ioCounters()
  const cpu = process.cpuUsage()
  return {
    writtenBytes: io["write_bytes"] ?? Number.NaN,
    wroteBytes: io["wchar"] ?? Number.NaN,
    cpuMillis: (cpu.user + cpu.system) / 1000
  }
}

export const zeroCounters: Counters = { writtenBytes: 0, wroteBytes: 0, cpuMillis: 0 }

/** `sum` and what was counted from `before` to `after`. */
export const addCounters = (sum: Counters, before: Counters, after: Counters): Counters => ({
  writtenBytes: sum.writtenBytes + after.writtenBytes - before.writtenBytes,
  wroteBytes: sum.wroteBytes + after.wroteBytes - before.wroteBytes,
  cpuMillis: sum.cpuMillis + after.cpuMillis - before.cpuMillis
})
