/**
 * A tracer that makes system calls of a program fail, or kills it at one of them.
 *
 * The program's thread pool has a single thread, so that the calls of one kind come in one order and can be counted.
 */
import type { StartOptions } from "./app.ts"

// Never with `--seccomp-bpf`, which is faster and forgets to count (strace 6.1).

/** Starts a program with `injection` (strace's own syntax) for some system calls. */
export const traced = (calls: string, injection: string): Pick<StartOptions, "under" | "environment"> => ({
  under: ["strace", "-f", "-qq", "-o", "/dev/null", "-e", `trace=${calls}`, "-e", `inject=${calls}:${injection}`],
  environment: { UV_THREADPOOL_SIZE: "1" }
})
