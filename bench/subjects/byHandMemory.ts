/** The limit in memory: JSON text in a map, and nothing else. */
import type { Session } from "../documents.ts"
import { listedOf, parseSession } from "./filePerSession.ts"
import { appendByRewriting } from "./rewriting.ts"
import type { Open } from "./Subject.ts"

export const open: Open = () => {
  const texts = new Map<string, string>()
  const load = (id: string): Session | undefined => {
    const text = texts.get(id)
    return text === undefined ? undefined : parseSession(text)
  }
  return appendByRewriting({
    save: (session) => {
      texts.set(session.id, JSON.stringify(session))
    },
    load,
    list: () => [...texts.values()].map((text) => listedOf(parseSession(text))),
    close: () => undefined
  })
}
