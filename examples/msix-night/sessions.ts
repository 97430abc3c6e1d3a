/**
 * The sessions of the story: 25 of them, in two accounts, always the same.
 */
import { Session, SessionStore } from "@holdfast/core"
import { Option, Schema } from "effect"

const State = Schema.Struct({ title: Schema.String, cwd: Schema.String })

const CodeSession = Session.define("CodeSession", { version: 1, state: State, summary: ["title"] })

export class CodeSessions extends SessionStore.Service<CodeSessions>()("msix-night/CodeSessions", CodeSession) {}

/** What the broken app writes: plain JSON, without an envelope. */
const Foreign = Schema.Struct({
  sessionId: Schema.String,
  title: Schema.String,
  cwd: Schema.String,
  lastActivityAt: Schema.Finite
})

/** Turns a file of the broken app into a session. */
export const adopter = Session.adopter(
  CodeSession,
  (json) =>
    Option.map(Schema.decodeUnknownOption(Foreign)(json), ({ cwd, lastActivityAt, title }) => ({
      state: { title, cwd },
      createdAt: lastActivityAt,
      updatedAt: lastActivityAt
    }))
)

const pad = (n: number, length: number) => String(n).padStart(length, "0")

const account = (n: number) => [`7d3c51f2-0000-4000-8000-${pad(n, 12)}`, `e2b94a60-0000-4000-8000-${pad(n, 12)}`]

export interface Sample {
  readonly namespace: ReadonlyArray<string>
  readonly id: string
  readonly title: string
  readonly cwd: string
}

/** 13 sessions in one account and 12 in another. */
export const samples: ReadonlyArray<Sample> = Array.from({ length: 25 }, (_, index) => ({
  namespace: account(index < 13 ? 1 : 2),
  id: `local_1f0a7c3e-0000-4000-8000-${pad(index, 12)}`,
  title: `Session ${index + 1}`,
  cwd: `/src/project-${index + 1}`
}))
