/**
 * The sessions and messages that all subjects save: made from numbers alone, so that any process can say what another
 * one must have saved.
 *
 * Guarantees that two revisions of a session differ throughout and not only in a counter: databases skip pages whose
 * content did not change. All text is ASCII, which favours nobody: V8 keeps one byte a character for every subject.
 */
import { uniformInt } from "pure-rand/distribution/uniformInt"
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus"

export interface Message {
  readonly role: "user" | "assistant"
  readonly text: string
}

export interface Session {
  readonly id: string
  readonly title: string
  readonly updatedAt: number
  readonly pinned: boolean
  readonly cwd: string
  readonly turns: ReadonlyArray<Message>
}

/** What a list of sessions shows. */
export interface Listed {
  readonly id: string
  readonly title: string
  readonly updatedAt: number
}

// The first of January 2026: a fixed time, so that a session is the same whoever makes it.
const epochMillis = 1_767_225_600_000
const poolChars = 1 << 18
const turnChars = 470
// What a turn and a session cost in JSON beside their text.
const turnFrameChars = 32
const sessionFrameChars = 140

const makePool = (): string => {
  const random = xoroshiro128plus(20_260_101)
  const letters = "etaoinshrdlucmfwypvbgkqjxz"
  let text = ""
  while (text.length < poolChars) {
    const length = uniformInt(random, 2, 9)
    for (let at = 0; at < length; at++) text += letters[uniformInt(random, 0, uniformInt(random, 3, 25))]
    text += " "
  }
  return text.slice(0, poolChars)
}

let pool: string | undefined

/** A piece of the pool that another number gives elsewhere. */
const textOf = (number: number, chars: number): string => {
  pool ??= makePool()
  const from = (number * 7919) % (poolChars - chars)
  return pool.slice(from, from + chars)
}

export const messageOf = (number: number): Message => ({
  role: number % 2 === 0 ? "user" : "assistant",
  text: textOf(number, turnChars)
})

export const messagesOf = (from: number, count: number): ReadonlyArray<Message> =>
  Array.from({ length: count }, (_, at) => messageOf(from + at))

export const sessionId = (index: number): string => `local_${String(index).padStart(8, "0")}`

/** Which session, how large as JSON, and which state of it. */
export interface SessionSpec {
  readonly index: number
  readonly bytes: number
  readonly revision: number
}

export const sessionOf = ({ bytes, index, revision }: SessionSpec): Session => {
  const count = Math.max(1, Math.round((bytes - sessionFrameChars) / (turnChars + turnFrameChars)))
  const chars = Math.floor((bytes - sessionFrameChars) / count) - turnFrameChars
  const first = index * 131 + revision * 17
  return {
    id: sessionId(index),
    title: `Session ${index}, revision ${revision}`,
    updatedAt: epochMillis + index * 1000 + revision,
    pinned: index % 7 === 0,
    cwd: `/home/someone/project-${index % 50}`,
    turns: Array.from({ length: count }, (_, at) => ({
      role: at % 2 === 0 ? "user" : "assistant",
      text: textOf(first + at, chars)
    }))
  }
}

/** A session without turns: what messages are appended to. */
export const emptySession = (index: number): Session => ({
  ...sessionOf({ index, bytes: 1024, revision: 0 }),
  turns: []
})
