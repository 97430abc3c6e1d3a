/**
 * What every store looks like to a workload: the one interface through which Holdfast, the limits and the peers do the
 * same work.
 *
 * A subject leaves out what it has no way to do; the workload then does not apply to it. Its calls answer when the store
 * says that it is done, with the durability that it has by itself.
 */
import type { Listed, Message, Session } from "../documents.ts"

export type Awaitable<A> = A | Promise<A>

export interface Subject {
  readonly save?: (session: Session) => Awaitable<void>
  /** Fails, or gives `undefined`, where the session cannot be read. */
  readonly load?: (id: string) => Awaitable<Session | undefined>
  readonly list?: () => Awaitable<ReadonlyArray<Listed>>
  /** To a session that was saved, in its natural way: rows where there are rows, the whole document again elsewhere. */
  readonly append?: (id: string, messages: ReadonlyArray<Message>) => Awaitable<void>
  /** All messages of a session, or the last so many. */
  readonly messages?: (id: string, last?: number) => Awaitable<ReadonlyArray<Message>>
  readonly close: () => Awaitable<void>
}

/** Opens a store in a folder that is there, empty or as another process left it. */
export type Open = (directory: string) => Awaitable<Subject>

/** Calls an ability that the plan says is there. */
export const ability = <Name extends Exclude<keyof Subject, "close">>(
  subject: Subject,
  name: Name
): NonNullable<Subject[Name]> => {
  const found = subject[name]
  if (found === undefined) throw new Error(`the subject cannot ${name}`)
  return found
}
