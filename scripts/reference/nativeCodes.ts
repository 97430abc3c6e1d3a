/**
 * The adapters' tables from native error codes to reasons, as the adapters' own functions answer them.
 *
 * An adapter that gets such a table is added to `nativeTables`: its codes, and what each means to the operations
 * that judge it differently. The outcome is left out of it, since it is set where the failure is seen.
 */
import type { Reason } from "@holdfast/core"
import { directoryReasonOf, errnoTable, reasonOf, uncontained } from "../../packages/adapter-fs/src/io/errno.ts"
import { IoFailure } from "../../packages/adapter-fs/src/io/Io.ts"
import {
  reasonOf as reasonOfResult,
  resultCodeTable,
  systemCodeTable
} from "../../packages/adapter-sqlite/src/resultCode.ts"

export interface NativeTable {
  readonly title: string
  readonly text: string
  /** The headings of the columns after the code's. */
  readonly columns: ReadonlyArray<string>
  readonly rows: ReadonlyArray<readonly [code: string, ...meanings: Array<Reason>]>
}

const outcome = "notApplied"

const ioFailure = (code: string): IoFailure =>
  new IoFailure({ code, errno: 0, syscall: "write", path: "/store/a.json", cause: undefined })

const files: NativeTable = {
  title: "Codes of the file adapter",
  text:
    "The codes that Node gives for a failed system call, as `@holdfast/adapter-fs` reads them. Whatever the code of a\n"
    + "failed listing of a folder, what is in it is unknown.",
  columns: ["a call on a file", "a listing of a folder"],
  rows: Object.keys(errnoTable).toSorted().map((code) => [
    `\`${code}\``,
    reasonOf(ioFailure(code), uncontained("linux"), outcome),
    directoryReasonOf(ioFailure(code), uncontained("linux"))
  ])
}

const met = { path: "/store/sessions.db", outcome } as const

const sqlite: NativeTable = {
  title: "Result codes of the SQLite adapter",
  text:
    "SQLite's result codes, as `@holdfast/adapter-sqlite` reads them. An extended code without a row of its own means what\n"
    + "its primary code means, which is its low byte.",
  columns: ["any call"],
  rows: Object.entries(resultCodeTable).map(([code, { name }]) => [
    `\`${name}\` (${code})`,
    reasonOfResult({ errcode: Number(code) }, met)
  ])
}

const sqliteFiles: NativeTable = {
  title: "Codes of the system in the SQLite adapter",
  text: "The codes of system calls that `@holdfast/adapter-sqlite` makes beside SQLite's own, on folders and names.",
  columns: ["any call"],
  rows: Object.keys(systemCodeTable).toSorted().map((code) => [`\`${code}\``, reasonOfResult({ code }, met)])
}

export const nativeTables: ReadonlyArray<NativeTable> = [files, sqlite, sqliteFiles]
