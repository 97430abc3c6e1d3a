/**
 * File systems for testing apps that keep their sessions in files: one that fails by rules, one that records,
 * and one that tells what a power cut would leave.
 */
export * as CrashFileSystem from "./CrashFileSystem.ts"
export * as FaultyFileSystem from "./FaultyFileSystem.ts"
export type { FileCall, FileOperation } from "./intercept.ts"
export * as RecordingFileSystem from "./RecordingFileSystem.ts"
