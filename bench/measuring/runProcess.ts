/**
 * Runs a measuring program and reads its answer.
 *
 * Guarantees that a program that fails, hangs or says nothing is an answer with its reason, and that only the process
 * that was started here is ended.
 */
import { spawn } from "node:child_process"
import { answerMark } from "./caseProtocol.ts"

export interface Ended<A> {
  readonly answer?: A
  readonly failure?: string
  /** From the start of the process to its end. */
  readonly wallMillis: number
}

// An error may quote a whole document, which is no reason.
const reasonChars = 200

const reasonIn = (text: string): string => {
  const lines = text.split("\n").map((line) => line.trim()).filter((line) => line !== "")
  const error = lines.find((line) => /Error|\b[A-Z]{4,}:/.test(line))
  return (error ?? lines.at(-1) ?? "").slice(0, reasonChars)
}

export interface Run {
  readonly command: ReadonlyArray<string>
  readonly timeoutMillis: number
}

export const runProcess = <A>({ command, timeoutMillis }: Run): Promise<Ended<A>> => {
  const { promise, resolve } = Promise.withResolvers<Ended<A>>()
  const started = performance.now()
  const [program = process.execPath, ...args] = command
  const child = spawn(program, args, {
    stdio: ["ignore", "pipe", "pipe"],
    timeout: timeoutMillis,
    killSignal: "SIGKILL"
  })
  let out = ""
  let errors = ""
  let wallMillis = 0
  child.stdout.on("data", (chunk) => out += String(chunk))
  child.stderr.on("data", (chunk) => errors += String(chunk))
  child.on("error", (cause) => resolve({ failure: cause.message, wallMillis: 0 }))
  child.on("exit", () => wallMillis = performance.now() - started)
  child.on("close", (code, signal) => {
    const line = out.split("\n").find((candidate) => candidate.startsWith(answerMark))
    if (line !== undefined) resolve({ answer: JSON.parse(line.slice(answerMark.length)) as A, wallMillis })
    else if (signal === "SIGKILL") resolve({ failure: `gave up after ${timeoutMillis / 1000} s`, wallMillis })
    else resolve({ failure: `ended with ${code ?? signal}: ${reasonIn(errors)}`, wallMillis })
  })
  return promise
}
