/** The memory adapter of Holdfast: `MemoryAdapter.layer`. */
export * as MemoryAdapter from "./MemoryAdapter.ts"
