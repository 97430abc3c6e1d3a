/** Databases of format 1, made by the statements that made them then, with checksums as they were then. */
import { makeKey } from "@holdfast/core"
import { DatabaseSync } from "node:sqlite"
import { crc32 } from "node:zlib"

const tables = `
  CREATE TABLE sessions (
    session INTEGER PRIMARY KEY, namespace BLOB NOT NULL, id BLOB NOT NULL, kind TEXT NOT NULL,
    schema_version INTEGER NOT NULL, version INTEGER NOT NULL, incarnation TEXT NOT NULL, created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL, entry_count INTEGER NOT NULL, state INTEGER NOT NULL, seq INTEGER NOT NULL,
    checksum INTEGER NOT NULL, body_checksum INTEGER NOT NULL, writes TEXT NOT NULL, summary TEXT NOT NULL,
    body TEXT NOT NULL, UNIQUE (namespace, id)
  ) STRICT;
  CREATE INDEX sessions_by_update ON sessions (updated_at DESC, namespace, id) WHERE state = 0;
  CREATE INDEX sessions_by_creation ON sessions (created_at DESC, namespace, id) WHERE state = 0;
  CREATE INDEX sessions_by_id ON sessions (id, namespace) WHERE state = 0;
  CREATE INDEX sessions_lost ON sessions (namespace, id) WHERE state = 2;
  CREATE INDEX sessions_by_change ON sessions (seq);
  CREATE TABLE entries (
    session INTEGER NOT NULL REFERENCES sessions (session), "index" INTEGER NOT NULL, at INTEGER NOT NULL,
    version INTEGER NOT NULL, schema_version INTEGER NOT NULL, checksum INTEGER NOT NULL, write_id TEXT,
    entry TEXT NOT NULL, PRIMARY KEY (session, "index")
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX entries_by_write ON entries (session, write_id) WHERE write_id IS NOT NULL;
  PRAGMA application_id = 0x486c6446;
  PRAGMA user_version = 1;`

export const key = makeKey("old")
const body = `{"old":true}`
// More writes than a record remembers, so that the oldest are known from their entries alone.
export const entryCount = 20
export const versionOf = (index: number) => 1_000 + index

/** Makes a database as the first format had it: one session, each of its entries a write of its own. */
export const makeFormer = (filename: string, journal: "wal" | "delete"): void => {
  const database = new DatabaseSync(filename)
  database.exec(`PRAGMA journal_mode = ${journal}; ${tables}`)
  const writes = JSON.stringify(
    Array.from({ length: 16 }, (_, n) => [`write ${n + 4}`, versionOf(n + 4), 500 + n + 4, n + 5])
  )
  const [namespace, id] = [Buffer.from("\u0001"), Buffer.from(key.id)]
  const last = versionOf(entryCount - 1)
  const head = ["note", 1, last, "life", 500, 519, entryCount, 0, "{}", crc32(body)]
  const checksum = crc32(JSON.stringify(head), crc32(id, crc32(namespace)))
  database.prepare(
    `INSERT INTO sessions VALUES (1, ?, ?, 'note', 1, ?, 'life', 500, 519, ?, 0, 7, ?, ?, ?, '{}', ?)`
  ).run(namespace, id, last, entryCount, checksum, crc32(body), `${crc32(writes)} ${writes}`, body)
  const insert = database.prepare("INSERT INTO entries VALUES (1, ?, ?, ?, 1, ?, ?, ?)")
  for (let index = 0; index < entryCount; index++) {
    const [at, version, entry] = [500 + index, versionOf(index), JSON.stringify(`entry ${index}`)]
    const sum = crc32(entry, crc32(`${index},${at},${version},1`))
    insert.run(index, at, version, sum, JSON.stringify(`write ${index}`), entry)
  }
  database.close()
}
