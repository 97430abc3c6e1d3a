/**
 * Whether a session is held as it was: what a copy is compared by before the other one is given up.
 *
 * Everything that the port shows counts, entries, times and the ids of writes included. The version may have risen, as
 * a tier raises it over a removal that it remembers.
 */
import type { StoredEntry, StoredHead } from "../model/StoredRecord.ts"
import type { WholeSession } from "./wholeSession.ts"

const isSameHead = (self: StoredHead, that: StoredHead): boolean =>
  self.kind === that.kind && self.schemaVersion === that.schemaVersion && self.incarnation === that.incarnation
  && self.createdAt === that.createdAt && self.updatedAt === that.updatedAt && self.summary === that.summary
  && self.entryCount === that.entryCount

const isSameEntry = (self: StoredEntry, that: StoredEntry | undefined): boolean =>
  that !== undefined && self.index === that.index && self.at === that.at && self.version === that.version
  && self.schemaVersion === that.schemaVersion && self.entry === that.entry && self.writeId === that.writeId

/**
 * Whether a copy holds what a session holds, to the last entry. Its version may be higher, where the key had one in the
 * target that the session's was not above.
 */
export const isCopy = (copy: WholeSession, session: WholeSession): boolean =>
  copy.session.head.version >= session.session.head.version
  && isSameHead(copy.session.head, session.session.head)
  && copy.session.body === session.session.body
  && copy.session.writes.length === session.session.writes.length
  && copy.session.writes.every(({ id }, place) => id === session.session.writes[place]?.id)
  && session.entries.every((entry, place) => isSameEntry(entry, copy.entries[place]))
