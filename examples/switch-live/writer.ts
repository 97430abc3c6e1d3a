/**
 * The app's writer: a write is due every 5 ms, whichever store serves, and each acknowledged one is noted.
 *
 * Five chats are open. Each has a save and an append in turn, in order; the chats do not wait for each other. What is
 * late is caught up with, so the number of writes is always the same.
 */
import type { Receipt } from "@holdfast/core"
import { Clock, Effect, Latch } from "effect"
import { Chats, type FoundAll } from "./chats.ts"

export const writeCount = 500
export const openCount = 5
export const olderCount = 40
/** So many writes come before the switch, and so many after it. */
export const edgeCount = 100

const writeEveryMillis = 5
const turnCount = writeCount / openCount
const lastTurns = edgeCount / openCount

interface Chat {
  readonly draft: string
  readonly messages: ReadonlyArray<string>
}

/** What the app was told is saved. */
export interface Ledger {
  readonly chats: Record<string, Chat>
  /** The receipts of the writer's writes, in the order in which they came. */
  readonly receipts: Array<Receipt>
  /** Opens when so many writes are acknowledged that the switch may begin. */
  readonly warmedUp: Latch.Latch
  /** Opens when the switch is over. */
  readonly switched: Latch.Latch
}

export const makeLedger = (): Ledger => ({
  chats: {},
  receipts: [],
  warmedUp: Latch.makeUnsafe(),
  switched: Latch.makeUnsafe()
})

/** The same ledger as a reader would find it. */
export const claimOf = ({ chats }: Ledger): typeof FoundAll.Type => ({ unreadableCount: 0, chats })

const ids = (count: number, name: string) => Array.from({ length: count }, (_, index) => `${name}-${index + 1}`)

/** Saves the chats that are there before the writer begins. Gives what was said of each. */
export const createChats = Effect.fn(function*({ chats }: Ledger) {
  const store = yield* Chats
  const create = Effect.fn(function*(id: string, messages: ReadonlyArray<string>) {
    const { receipt } = yield* store.create({ draft: "" }, { id, entries: messages.map((message) => ({ message })) })
    chats[id] = { draft: "", messages }
    return receipt
  })
  const older = ids(olderCount, "older").map((id) => create(id, ["hello", "how are you?", "fine"]))
  const open = ids(openCount, "chat").map((id) => create(id, []))
  return yield* Effect.all([...older, ...open], { concurrency: 8 })
})

/** Writes into one chat once, and notes what was acknowledged. */
const writeOnce = Effect.fn(function*({ chats, warmedUp, receipts }: Ledger, id: string, turn: number) {
  const store = yield* Chats
  const chat = chats[id] ?? { draft: "", messages: [] }
  const [text, kind] = [`${id}, turn ${turn}`, turn % 2 === 0 ? "save" : "append"]
  const { receipt } = kind === "save"
    ? yield* store.save(id, { draft: text })
    : yield* store.append(id, [{ message: text }])
  chats[id] = kind === "save" ? { ...chat, draft: text } : { ...chat, messages: [...chat.messages, text] }
  receipts.push(receipt)
  if (receipts.length === edgeCount) yield* warmedUp.open
})

/** Writes until all is acknowledged; the first write that fails ends it. */
export const write = Effect.fn(function*(ledger: Ledger) {
  const start = yield* Clock.currentTimeMillis
  const writeChat = Effect.fn(function*(id: string, index: number) {
    for (let turn = 0; turn < turnCount; turn++) {
      const dueAt = start + (turn * openCount + index) * writeEveryMillis
      yield* Effect.sleep(Math.max(0, dueAt - (yield* Clock.currentTimeMillis)))
      // The switch is over long before these are due. Where a machine is too slow for that, they wait for it.
      if (turn >= turnCount - lastTurns) yield* ledger.switched.await
      yield* writeOnce(ledger, id, turn)
    }
  })
  yield* Effect.forEach(ids(openCount, "chat"), writeChat, { concurrency: "unbounded", discard: true })
})
