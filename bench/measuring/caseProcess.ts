/**
 * The process of one case: opens one subject, runs one workload on it, says what it measured and ends.
 *
 * A process each, so that peak memory, compiled code and counters are that case's alone.
 */
import { sessionOf } from "../documents.ts"
import { entryOf } from "../subjects/registry.ts"
import { ability, type Open } from "../subjects/Subject.ts"
import { inFlight } from "../workloads/inFlight.ts"
import { judgeList } from "../workloads/judge.ts"
import { workloads } from "../workloads/table.ts"
import type { Measured, Stretch } from "../workloads/Workload.ts"
import { answerMark, type CaseAnswer, type CaseSpec } from "./caseProtocol.ts"
import { addCounters, readCounters, zeroCounters } from "./counters.ts"

const savesAtOnce = 32

const nothing: Measured = { figures: {}, count: 0, partial: false }

let counters = zeroCounters

const stretch: Stretch = async (work) => {
  const before = readCounters()
  const started = performance.now()
  const value = await work()
  const millis = performance.now() - started
  counters = addCounters(counters, before, readCounters())
  return { value, millis }
}

const fill = async (open: Open, { directory, sizes }: CaseSpec): Promise<Measured> => {
  const subject = await open(directory)
  const save = ability(subject, "save")
  const { bytes, sessions } = sizes
  await inFlight(savesAtOnce, sessions, (index) => save(sessionOf({ index, bytes, revision: 0 })))
  await subject.close()
  // What a store tidies up when it is opened again is not part of a list or a load.
  const again = await open(directory)
  await again.list?.()
  await again.close()
  return { ...nothing, count: sessions }
}

/** A list in a process that has not opened the store before; modules are loaded, which W7 measures. */
const listFresh = async (open: Open, { directory, sizes }: CaseSpec): Promise<Measured> => {
  const opened = await stretch(async () => open(directory))
  const listed = await stretch(async () => ability(opened.value, "list")())
  const wrong = judgeList(listed.value, sizes.sessions)
  await opened.value.close()
  return {
    figures: { total: opened.millis + listed.millis, open: opened.millis, list: listed.millis },
    count: listed.value.length,
    partial: false,
    ...(wrong === undefined ? {} : { wrong })
  }
}

const runWorkload = async (open: Open, spec: CaseSpec): Promise<Measured> => {
  if (spec.task === "fill") return fill(open, spec)
  if (spec.task === "list" || spec.task === "sessions") return listFresh(open, spec)
  const workload = workloads[spec.task]
  if (workload === undefined) throw new Error(`${spec.task} has a program of its own`)
  const subject = await open(spec.directory)
  const measured = await workload(subject, spec.sizes, stretch)
  await subject.close()
  return measured
}

const spec = JSON.parse(process.argv[2] ?? "") as CaseSpec
const measured = await runWorkload(await entryOf(spec.subject).open(), spec)
const answer: CaseAnswer = { ...measured, counters, peakBytes: process.resourceUsage().maxRSS * 1024 }
// Some stores keep timers that would hold the process; what matters is closed by here.
process.stdout.write(`\n${answerMark}${JSON.stringify(answer)}\n`, () => process.exit(0))
