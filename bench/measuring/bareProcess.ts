/** A process that does nothing but answer: what the open workload is measured above. */
import { answerMark } from "./caseProtocol.ts"

const opened = { title: "", turns: 0, peakBytes: process.resourceUsage().maxRSS * 1024 }
process.stdout.write(`\n${answerMark}${JSON.stringify(opened)}\n`, () => process.exit(0))
