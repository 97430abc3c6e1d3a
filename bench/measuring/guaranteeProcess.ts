/**
 * The process whose system calls are counted, or that is killed, to find out what a store guarantees.
 *
 * `count` saves sessions between calls that the trace shows as marks, `write` saves one session until it is killed and
 * says which revisions were acknowledged, `read` says which revision is there.
 */
import { existsSync, writeSync } from "node:fs"
import { type Session, sessionOf, type SessionSpec } from "../documents.ts"
import { entryOf } from "../subjects/registry.ts"
import { ability, type Subject } from "../subjects/Subject.ts"
import { judgeSession } from "../workloads/judge.ts"
import { answerMark } from "./caseProtocol.ts"
import { countedBytes, countedSaves, killedBytes, markPath, type Readback } from "./guaranteeProtocol.ts"

/** A call that changes nothing and that no store makes. */
const mark = (name: string): void => {
  existsSync(markPath + name)
}

const session = (index: number, revision: number) => sessionOf({ index, revision, bytes: countedBytes })

const count = async (subject: Subject): Promise<void> => {
  const save = ability(subject, "save")
  await save(session(0, 0))
  mark("create")
  for (let index = 1; index <= countedSaves; index++) await save(session(index, 0))
  mark("replace")
  for (let revision = 1; revision <= countedSaves; revision++) await save(session(1, revision))
  mark("end")
  await subject.close()
}

const killed = (revision: number): SessionSpec => ({ index: 0, bytes: killedBytes, revision })

const write = async (subject: Subject): Promise<void> => {
  const save = ability(subject, "save")
  for (let revision = 0;; revision++) {
    await save(sessionOf(killed(revision)))
    writeSync(1, `\n${answerMark}${revision}\n`)
  }
}

/** The session after a kill, or in which words the store refuses it: a store that says so has not lost it silently. */
const read = async (subject: Subject): Promise<Readback> => {
  let found: Session | undefined
  try {
    found = await ability(subject, "load")(sessionOf(killed(0)).id)
  } catch (cause) {
    return { revision: -1, wrong: `unreadable: ${cause instanceof Error ? cause.name : "an error"}` }
  }
  const revision = Number(/\d+$/.exec(found?.title ?? "")?.[0] ?? -1)
  const wrong = judgeSession(found, sessionOf(killed(Math.max(0, revision))))
  return { revision, ...(wrong === undefined ? {} : { wrong }) }
}

const [task, name = "", directory = ""] = process.argv.slice(2)
const subject = await (await entryOf(name).open())(directory)
if (task === "count") await count(subject)
if (task === "write") await write(subject)
const answer = task === "read" ? await read(subject) : {}
process.stdout.write(`\n${answerMark}${JSON.stringify(answer)}\n`, () => process.exit(0))
