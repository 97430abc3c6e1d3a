/**
 * `holdfast purge`: erases what is left of sessions that were removed, for people who want it gone.
 *
 * A session that is still there is refused: it is removed first. What the store must not or cannot erase is named, such
 * as the file of another program that it was made of; backups that a recovery made are not looked for.
 */
import { FsAdapter } from "@holdfast/adapter-fs"
import { keyText, StorageUrl } from "@holdfast/core"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import { ExitCodes, exitCodes } from "../exitCode.ts"
import { CliFailure } from "../output/CliFailure.ts"
import { Output, type Shown } from "../output/Output.ts"
import { counted, table, wrap } from "../output/text.ts"
import { givenStore, withOutput } from "../root.ts"
import { keyOf } from "../stores/keys.ts"
import { storeLayer } from "../stores/open.ts"

type Report = FsAdapter.PurgeReport

const words: { readonly [why in FsAdapter.Remains["why"]]: string } = {
  source: "the file of another program that the session was made of; remove it yourself",
  copy: "a copy of the session in another folder; remove it yourself",
  inUse: "it may belong to an app that has the store open; close the app and purge again"
}

const shown = (reports: ReadonlyArray<Report>): Shown => ({
  json: () => ({
    purged: reports.map(({ erased, key, remains }) => ({
      key: keyText(key),
      erased: [...erased],
      remains: remains.map(({ place, why }) => ({ place, why }))
    }))
  }),
  text: (paper) => {
    const remains = reports.flatMap((report) => report.remains)
    return [
      ...reports.map(({ erased, key }) => `${keyText(key)}: ${counted(erased.length, "file")} erased`),
      ...(remains.length === 0 ? [] : [
        "",
        paper.paint("bad", `${counted(remains.length, "file")} may still hold some of it:`),
        ...table(paper, [{ title: "WHERE" }, { title: "WHY" }], remains.map(({ place, why }) => [place, words[why]]))
      ]),
      "",
      ...wrap(paper, "A backup, a snapshot and the blocks of a solid-state disk may still hold what was erased.")
    ]
  }
})

const onlyFiles = (url: StorageUrl.Parsed) =>
  new CliFailure({
    code: "Unsupported",
    what: `what is left of removed sessions in ${StorageUrl.print(url)} cannot be erased one by one`,
    advice:
      "A store of files can be purged. Of another store, copy its sessions to a fresh one and delete the old one.",
    exit: exitCodes.failed
  })

const purgeSessions = Effect.fnUntraced(function*(texts: ReadonlyArray<string>) {
  const { endWith, show } = yield* Output
  const url = yield* givenStore
  const [store, ...others] = url.stores
  // It is opened by nobody here, and checked as if it were: a misspelt name is told as one.
  yield* storeLayer(url, { _tag: "Change" })
  if (store === undefined || others.length > 0 || store.scheme !== "fs") return yield* onlyFiles(url)
  const keys = yield* Effect.forEach(texts, keyOf)
  const reports = yield* Effect.forEach(keys, (key, index) =>
    FsAdapter.purge({ directory: store.path }, key).pipe(
      Effect.catchReason("StorageError", "Conflict", () => Effect.fail(stillThere(keyText(key), index)))
    ))
  yield* show(shown(reports))
  if (reports.some(({ remains }) => remains.length > 0)) yield* endWith(exitCodes.attention)
})

const stillThere = (key: string, before: number) =>
  new CliFailure({
    code: "NotRemoved",
    what: `the session ${key} is not removed`,
    changed: before === 0
      ? undefined
      : `${counted(before, "session")} named before it: what was left of them is erased`,
    advice: `Remove it first, if you want it gone: \`holdfast rm ${key}\``
  })

export const purge = Command.make("purge", {
  sessions: Argument.String("session").pipe(
    Argument.withDescription("The removed sessions, with their namespaces, such as account/org/id"),
    Argument.atLeast(1)
  )
}, ({ sessions }) => withOutput(purgeSessions(sessions))).pipe(
  Command.withDescription("Erase what is left of sessions that were removed."),
  Command.withExamples([
    { command: "holdfast purge acct/org/removed_1 --store ./sessions", description: "After `holdfast rm`" }
  ]),
  Command.annotate(ExitCodes, {
    0: "nothing of them is left in the store",
    1: "something of them is left, which is named",
    2: "not erased: a session is still there, or the store cannot do it"
  })
)
