/** Sessions in a keyv, whatever its store is. */
import type { Keyv } from "keyv"
import type { Listed, Session } from "../documents.ts"
import { listedOf } from "./filePerSession.ts"
import { appendByRewriting } from "./rewriting.ts"
import type { Subject } from "./Subject.ts"

export const overKeyv = (keyv: Keyv): Subject => {
  // A failing store is an event that nobody hears by default.
  let failure: unknown
  keyv.on("error", (error: unknown) => {
    failure ??= error
  })
  const checked = async <A>(call: Promise<A>): Promise<A> => {
    const answer = await call
    if (failure !== undefined) throw failure
    return answer
  }
  return appendByRewriting({
    save: async (session) => {
      await checked(keyv.set(session.id, session))
    },
    load: (id) => checked(keyv.get<Session>(id)),
    list: async () => {
      if (keyv.iterator === undefined) throw new Error("the store has no iterator")
      const listed: Array<Listed> = []
      for await (const [, session] of keyv.iterator({}) as AsyncIterable<[string, Session]>) {
        listed.push(listedOf(session))
      }
      return listed
    },
    close: async () => {
      await keyv.disconnect()
    }
  })
}
