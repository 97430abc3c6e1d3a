/**
 * Node's notice that `node:sqlite` is experimental, which Node 22 prints, is not shown.
 *
 * Nobody who runs the program can act on it, and what reads its standard error takes it for something that went wrong.
 * Every other warning is shown as it is.
 */

const emit = process.emitWarning.bind(process)

const isNoticeOfSqlite = (warning: string | Error): boolean =>
  typeof warning === "string" && warning.startsWith("SQLite is an experimental feature")

/** Leaves the notice out from here on. */
export const quietNotices = (): void => {
  process.emitWarning = (warning: string | Error, ...details: ReadonlyArray<unknown>) => {
    if (!isNoticeOfSqlite(warning)) emit(warning, ...(details as []))
  }
}
