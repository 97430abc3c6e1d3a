/**
 * The tables of a store: sessions with what their removal leaves, entries, and the store's own record.
 *
 * `PRAGMA application_id` tells our databases from those of other programs, `user_version` is the format
 * that the migrations below bring up to date, one transaction for all of them. Listings read partial
 * indexes over live sessions; `seq` counts the changes of the whole store for whoever watches it.
 */
import { crc32 } from "node:zlib"

/**
 * What the row of a key says: a session, what its removal left, or that a damaged database held a session
 * which could not be saved from it; its summary then names the database that was set aside.
 */
export const states = { live: 0, removed: 1, lost: 2 } as const

/** "HldF" as a number, in the header of every database of ours. */
export const applicationId = 0x486c6446

/** The statements that lead from one format to the next; format 0 is an empty database. */
const migrations: ReadonlyArray<string> = [
  `
  CREATE TABLE sessions (
    session INTEGER PRIMARY KEY,
    namespace BLOB NOT NULL,
    id BLOB NOT NULL,
    kind TEXT NOT NULL,
    schema_version INTEGER NOT NULL,
    version INTEGER NOT NULL,
    incarnation TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    entry_count INTEGER NOT NULL,
    state INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    body_checksum INTEGER NOT NULL,
    writes TEXT NOT NULL,
    summary TEXT NOT NULL,
    body TEXT NOT NULL,
    UNIQUE (namespace, id)
  ) STRICT;
  CREATE INDEX sessions_by_update ON sessions (updated_at DESC, namespace, id) WHERE state = 0;
  CREATE INDEX sessions_by_creation ON sessions (created_at DESC, namespace, id) WHERE state = 0;
  CREATE INDEX sessions_by_id ON sessions (id, namespace) WHERE state = 0;
  CREATE INDEX sessions_lost ON sessions (namespace, id) WHERE state = 2;
  CREATE INDEX sessions_by_change ON sessions (seq);
  CREATE TABLE entries (
    session INTEGER NOT NULL REFERENCES sessions (session),
    "index" INTEGER NOT NULL,
    at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    schema_version INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    write_id TEXT,
    entry TEXT NOT NULL,
    PRIMARY KEY (session, "index")
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX entries_by_write ON entries (session, write_id) WHERE write_id IS NOT NULL;
  `,
  // The record always has its row, so that a lost one is damage and not a store without a record; the index keeps a
  // second copy of it in another page. What is restored may have one write twice: not every adapter remembers all.
  `
  CREATE TABLE role (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    checksum INTEGER NOT NULL,
    record TEXT NOT NULL
  ) STRICT;
  CREATE INDEX role_copy ON role (one, checksum, record);
  INSERT INTO role (one, checksum, record) VALUES (1, ${crc32("null")}, 'null');
  DROP INDEX entries_by_write;
  CREATE INDEX entries_by_write ON entries (session, write_id) WHERE write_id IS NOT NULL;
  `,
  // A row lies among the pages of its body: a listing that went to it would read a page for each session. The index by
  // update has all that a listing shows, and a save writes as many pages as without it. Both orders are the listings'
  // own read backwards, so that the newest row comes last: SQLite fills a page at the end and splits one elsewhere.
  `
  DROP INDEX sessions_by_update;
  DROP INDEX sessions_by_creation;
  CREATE INDEX sessions_by_update ON sessions (
    updated_at, namespace DESC, id DESC, kind, schema_version, version, incarnation, created_at, entry_count, state,
    summary, body_checksum, checksum
  ) WHERE state = 0;
  CREATE INDEX sessions_by_creation ON sessions (created_at, namespace DESC, id DESC) WHERE state = 0;
  `
]

/** The newest format, and the one that is written. */
export const formatVersion: number = migrations.length

/** The statements that bring a database of a format up to date, in a transaction that the caller holds. */
export const migrationsFrom = (format: number): string =>
  [
    ...migrations.slice(format),
    `PRAGMA application_id = ${applicationId};`,
    `PRAGMA user_version = ${formatVersion};`
  ].join("\n")
