/** The SQLite adapter of Holdfast: `SqliteAdapter.layer({ filename })`. */
export * as SqliteAdapter from "./SqliteAdapter.ts"
