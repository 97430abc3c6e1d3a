/**
 * Makes `docs/ERRORS.md`: every error that Holdfast fails with, with a heading of its own to link to.
 *
 * Documentation and fields come from the source of the errors, remedies and messages from instances of them, the
 * meaning of native codes from the adapters' tables. Guarantees that every reason and every error of a session is
 * there. With `--check` nothing is written, and a document that differs is a failure.
 */
import { makeKey, type Outcome, OutcomeUnknown, type Reason, type Remedy, StorageError } from "@holdfast/core"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { type Declaration, declarationsOf, type Field, fieldsOf } from "./reference/declarations.ts"
import { messageShape, reasonSamples, sessionErrorSamples } from "./reference/errorSamples.ts"
import { table, writeOrCheck } from "./reference/generatedFile.ts"
import { type NativeTable, nativeTables } from "./reference/nativeCodes.ts"
import { parseSource } from "./sourceFile.ts"
import { repositoryRoot } from "./steps.ts"

const declarationsIn = (name: string): ReadonlyArray<Declaration> => {
  const path = `packages/core/src/errors/${name}`
  return declarationsOf(parseSource(path, readFileSync(join(repositoryRoot, path), "utf8")))
}

const outcomes: Readonly<Record<Outcome, string>> = {
  notApplied: "Nothing was changed.",
  applied: "The whole change was applied, and something else about it is wrong.",
  unknown: "Nobody can tell; the same write id may be sent again without doubling the write."
}

const remedies: Readonly<Record<Remedy, string>> = {
  retry: "The same call again may succeed.",
  fallback: "The same call to another backend may succeed.",
  caller: "Only the caller can do something about it: neither repeating nor another backend helps."
}

/** Fields that every reason has are told once, at `StorageError`. */
const sharedFields = ["outcome", "cause"]

const fieldList = (fields: ReadonlyArray<Field>): ReadonlyArray<string> => {
  const lines = fields.map(({ doc, isOptional, name, type }) => {
    const text = `- \`${name}${isOptional ? "?" : ""}\`: \`${type.replace(/^\| /, "")}\``
    return doc === "" ? text : `${text}. ${doc.replaceAll("\n", " ")}`
  })
  return lines.length === 0 ? [] : [lines.join("\n")]
}

/** The whole message of a storage error; the reason's own part is its name in angle brackets. */
const storageMessage = (outcome: Outcome): string => {
  const reason = new OutcomeUnknown({ outcome, why: "<reason>" })
  return new StorageError({ adapter: "<adapter>", operation: "commit", key: makeKey("<key>"), reason }).message
    .replace("commit", "<operation>")
}

const outcomeRow = ([outcome, text]: readonly [string, string]): ReadonlyArray<string> => [
  `\`${outcome}\``,
  text,
  `\`${storageMessage(outcome as Outcome).split("<reason>")[1]}\``
]

const storageErrorText = (declarations: ReadonlyArray<Declaration>): string => {
  const declaration = declarations.find(({ name }) => name === "StorageError")
  if (declaration === undefined) throw new Error("StorageError is not declared")
  return [
    "## StorageError",
    "What every call of the storage may fail with: which adapter failed at what, for which key, and why. It is caught as a\n"
    + "whole with `Effect.catchTag(\"StorageError\", ...)`, one reason of it with\n"
    + "`Effect.catchReason(\"StorageError\", \"NoSpace\", ...)`.",
    ...fieldList(declaration.fields),
    `Its message is one line: \`${storageMessage("notApplied")}\`. The key is left out where there is none.`,
    "`outcome` says whether anything was changed; it is set where the failure is seen:",
    table(["outcome", "what it means", "how the message ends"], Object.entries(outcomes).map(outcomeRow)),
    "`remedy` says what may help; each reason has one:",
    table(["remedy", "what may help"], Object.entries(remedies).map(([remedy, text]) => [`\`${remedy}\``, text])),
    "`cause` of a reason is the error of the layer below, for people who debug; no message repeats it."
  ].join("\n\n")
}

const reasonText = (declarations: ReadonlyArray<Declaration>, reason: Reason): string => {
  const declaration = declarations.find(({ name }) => name === reason._tag)
  if (declaration === undefined) throw new Error(`${reason._tag} is not declared`)
  const fields = fieldsOf(declarations, declaration).filter(({ name }) => !sharedFields.includes(name))
  return [
    `### ${reason._tag}`,
    ...(declaration.doc === "" ? [] : [declaration.doc]),
    `Message: \`${messageShape(reason)}\`. Remedy: \`${reason.remedy}\`.`,
    ...fieldList(fields)
  ].join("\n\n")
}

const sessionErrorText = ({ doc, fields, name }: Declaration): string => {
  const sample = sessionErrorSamples[name]
  if (sample === undefined) throw new Error(`scripts/reference/errorSamples.ts has no sample of ${name}`)
  return [`### ${name}`, doc, `Message: \`${messageShape(sample)}\`.`, ...fieldList(fields)].join("\n\n")
}

const link = ({ _tag }: Reason): string => `[${_tag}](#${_tag.toLowerCase()})`

const nativeText = ({ columns, rows, text, title }: NativeTable): string => {
  const cells = rows.map(([code, ...meanings]) => [code, ...meanings.map(link)])
  return [`### ${title}`, text, table(["code", ...columns], cells)].join("\n\n")
}

/** The whole document. */
export const errorsText = (): string => {
  const reasons = declarationsIn("reasons.ts")
  const samples = Object.values(reasonSamples)
  return [
    "# Errors",
    "<!-- Made by `npm run generate` from the errors and the adapters' tables: change those, not this file. -->",
    "Every failure is a value of a known type. What is known to be absent is an `Option` or `SessionNotFound`; what cannot be\n"
    + "read is never absent. No message holds session content: they name places, fields and codes.",
    storageErrorText(declarationsIn("StorageError.ts")),
    "## Reasons of a StorageError",
    table(["reason", "remedy"], samples.map((reason) => [link(reason), `\`${reason.remedy}\``])),
    ...samples.map((reason) => reasonText(reasons, reason)),
    "## Errors of a session",
    "What the typed store fails with beside `StorageError`. Nothing was changed by a call that fails with one of them.",
    ...declarationsIn("SessionErrors.ts").map(sessionErrorText),
    "## Native codes",
    "What an adapter makes of the codes of the system below it. A code that is not listed is\n"
    + "[Unclassified](#unclassified): it is never taken for a neighbour.",
    ...nativeTables.map(nativeText)
  ].join("\n\n")
}

if (import.meta.main) writeOrCheck({ path: "docs/ERRORS.md", text: errorsText() })
