/** What a process of the open workload does: opens a store, loads one session, says what it was, and ends. */
import type { Open } from "../subjects/Subject.ts"
import { answerMark } from "./caseProtocol.ts"

export interface Opened {
  readonly title: string
  readonly turns: number
  readonly peakBytes: number
}

/** The arguments of the program are the store's folder and the session's id. */
export const openCase = async (open: Open): Promise<void> => {
  const [directory = "", id = ""] = process.argv.slice(-2)
  const subject = await open(directory)
  const session = await subject.load?.(id)
  const opened: Opened = {
    title: session?.title ?? "",
    turns: session?.turns.length ?? 0,
    peakBytes: process.resourceUsage().maxRSS * 1024
  }
  await subject.close()
  process.stdout.write(`\n${answerMark}${JSON.stringify(opened)}\n`, () => process.exit(0))
}
