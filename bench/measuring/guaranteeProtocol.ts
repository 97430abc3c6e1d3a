/** What the experiments on guarantees and the process that they watch agree on. */
export const countedSaves = 5
export const countedBytes = 10_240
// Several writes even for the runtime's own writeFile, which writes 512 KiB at a time.
export const killedBytes = 1_400_000
export const markPath = "/holdfast-bench-mark-"

export interface Readback {
  readonly revision: number
  readonly wrong?: string
}
