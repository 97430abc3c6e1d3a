/**
 * What the facts of a folder mean to the people who use it, and what to do next.
 *
 * Each line has a code that stays the same, so that a program can recognise it and a page can explain it.
 * A `problem` keeps sessions from being saved or found; a `note` says how the store works around something.
 */
import * as Option from "effect/Option"
import type { Platform } from "../io/errno.ts"
import { type Facts, wasRefused, wasRefusedWith } from "./facts.ts"
import type { ContainerKind, Hint, StoreFolder } from "./hint.ts"
import { durabilityOf, refusesNames } from "./ladder.ts"
import { isSamePath } from "./paths.ts"

/** One line for people. */
export interface Advice {
  readonly code: string
  readonly level: "problem" | "note"
  readonly text: string
}

/** What advice is given on. */
export interface Situation {
  readonly facts: Facts
  readonly hints: ReadonlyArray<Hint>
  readonly store: StoreFolder
  readonly platform: Platform
}

interface Rule extends Advice {
  readonly when: (situation: Situation) => boolean
}

const spaceCodes = ["ENOSPC", "EDQUOT", "Unknown system error -122", "Unknown system error -69"]
const permissionCodes = ["EACCES", "EPERM"]

const isFull = ({ facts }: Situation): boolean =>
  wasRefusedWith(facts, "create", spaceCodes) || wasRefusedWith(facts, "write", spaceCodes)

const isOtherCreate = ({ facts }: Situation): boolean =>
  (wasRefused(facts, "create") || wasRefused(facts, "write"))
  && !facts.isCreateContradicted
  && !wasRefusedWith(facts, "create", [...spaceCodes, ...permissionCodes, "EROFS"])
  && !wasRefusedWith(facts, "write", spaceCodes)

const factRules: ReadonlyArray<Rule> = [
  {
    code: "createContradicted",
    level: "problem",
    text:
      "Existing files can be overwritten here but none created: the system says that a name is taken which nothing " +
      "has. Sessions that are here are saved, a first save is refused. Move the store out of AppData, or replace the " +
      "junctions and symbolic links on its path by real folders.",
    when: ({ facts }) => facts.isCreateContradicted
  },
  {
    code: "diskFull",
    level: "problem",
    text: "The disk or the quota is full. Make room, or add a store on another volume to fall back to.",
    when: isFull
  },
  {
    code: "readOnly",
    level: "problem",
    text: "The volume is read-only: sessions are read and none is saved. Mount it for writing, or move the store.",
    when: ({ facts }) => wasRefusedWith(facts, "create", ["EROFS"])
  },
  {
    code: "createDenied",
    level: "problem",
    text: "The system does not let this user make files here. Give the user the folder, or move the store.",
    when: ({ facts }) => wasRefusedWith(facts, "create", permissionCodes)
  },
  {
    code: "createRefused",
    level: "problem",
    text: "No file can be made here, for the reason that the check `create` or `write` shows. Move the store.",
    when: isOtherCreate
  },
  {
    code: "fileSyncRefused",
    level: "problem",
    text: "Files cannot be flushed to the disk here, so no save is acknowledged. Move the store to a local disk.",
    when: ({ facts }) => wasRefused(facts, "syncFile")
  },
  {
    code: "noProtocol",
    level: "problem",
    text:
      "Files can be neither renamed nor overwritten here: saves fail. Move the store, or let go whatever holds its files.",
    when: ({ facts }) => refusesNames(facts) && wasRefused(facts, "overwrite")
  },
  {
    code: "renameRefused",
    level: "note",
    text: "Files cannot be renamed here, even inside the folder. Saves go on in two files for each session, " +
      "`<id>.json` and `<id>.alt.json`: copy both when you copy a session by hand.",
    when: ({ facts }) => refusesNames(facts) && !wasRefused(facts, "overwrite")
  },
  {
    code: "overwriteRefused",
    level: "problem",
    text:
      "Files cannot be overwritten in place here: sessions are saved by renaming, their entries are not. Move the store.",
    when: ({ facts }) => wasRefused(facts, "overwrite") && !refusesNames(facts)
  },
  {
    code: "appendRefused",
    level: "problem",
    text: "Files cannot be extended here: entries of sessions are not saved. Move the store.",
    when: ({ facts }) => wasRefused(facts, "append")
  },
  {
    code: "folderSyncUnsupported",
    level: "note",
    text:
      "Folders cannot be flushed here, so a power cut may take the newest saves; a crash of the program does not. " +
      "An app that must have more asks for `flushed` and uses SQLite.",
    when: ({ facts, platform }) => durabilityOf(facts, platform) === "buffered"
  },
  {
    code: "folderSyncFails",
    level: "problem",
    text:
      "Flushing the folder fails for another reason than that the platform has no such thing: saves are answered as " +
      "unknown. Check the disk.",
    when: ({ facts, platform }) => wasRefused(facts, "syncFolder") && durabilityOf(facts, platform) === "flushed"
  },
  {
    code: "listRefused",
    level: "problem",
    text:
      "The folder cannot be listed. Your sessions are not gone: what the catalog knows is shown and can be opened, " +
      "and the listing says that it is not complete. Copy the folder before you reinstall anything.",
    when: ({ facts }) => wasRefused(facts, "list")
  },
  {
    code: "listIncomplete",
    level: "problem",
    text:
      "A file that was made here is not in the folder's listing: two folders are shown as one. Look at the real path, " +
      "and keep the store where the two agree.",
    when: ({ facts }) => wasRefused(facts, "listNew")
  },
  {
    code: "identityChanges",
    level: "note",
    text: "A file gets another number or time when it is renamed, so listings read more files than they would need to.",
    when: ({ facts }) => wasRefused(facts, "keepIdentity")
  },
  {
    code: "linkRefused",
    level: "note",
    text: "Files cannot have two names here. What a crash left behind is recovered in two files for each session.",
    when: ({ facts }) => wasRefused(facts, "link")
  }
]

const isRedirected = ({ platform, store: { actual, given } }: Situation): boolean =>
  Option.exists(actual, (path) => !isSamePath(path, given, platform))

const inside = (kind: ContainerKind, scope: "redirected" | "any" = "any") => ({ hints }: Situation): boolean =>
  hints.some((hint) => hint.kind === kind && (scope === "any" || hint.redirects))

const snapRevision = /\/snap\/[^/]+\/(?:current|x?\d+)(\/|$)/
const windowsDisk = /^\/mnt\/[a-z](\/|$)/

const containerRules: ReadonlyArray<Rule> = [
  {
    code: "packagePrivateFolder",
    level: "problem",
    text:
      "Windows keeps these files in the private folder of an app package and deletes them when the app is removed, " +
      "reset or repaired. Keep the store outside of AppData, for example in %USERPROFILE%\\.<app>, and copy what is at " +
      "the real path before you reinstall anything.",
    when: (situation) => inside("msix", "redirected")(situation) && isRedirected(situation)
  },
  {
    code: "packageMayRedirect",
    level: "note",
    text:
      "The program is an app package, and Windows may lead what it writes below AppData elsewhere. Keep the store " +
      "outside of AppData, for example in %USERPROFILE%\\.<app>.",
    when: (situation) => inside("msix", "redirected")(situation) && !isRedirected(situation)
  },
  {
    code: "snapRevision",
    level: "problem",
    text:
      "The folder belongs to one revision of a snap, and a refresh takes it away from the running program. Keep the " +
      "store in $SNAP_USER_COMMON.",
    when: ({ store }) => snapRevision.test(store.given)
  },
  {
    code: "sandboxed",
    level: "note",
    text: "The program runs in a sandbox that restricts which files it may make and rename. Keep the store in the " +
      "program's own data folder, not in one that the user picked.",
    when: (situation) => inside("flatpak")(situation) || inside("macSandbox", "redirected")(situation)
  },
  {
    code: "windowsDisk",
    level: "note",
    text:
      "The folder is on a disk of Windows, seen from Linux: programs of Windows may hold its files. Keep the store on " +
      "the disk of Linux.",
    when: (situation) => inside("wsl")(situation) && windowsDisk.test(situation.store.given)
  },
  {
    code: "containerDisk",
    level: "note",
    text:
      "The program runs in a container. What is not on a volume goes with it: keep the store on one, and give the " +
      "container the folder rather than single files.",
    when: inside("docker")
  },
  {
    code: "syncedFolder",
    level: "note",
    text:
      "Another program copies this folder to a server. It may hold files for a moment, put older ones back or add " +
      "conflict copies. Keep the store in a folder that is not synced.",
    when: inside("syncedFolder")
  }
]

/** The codes of all lines that there are. */
export const adviceCodes: ReadonlyArray<string> = [...factRules, ...containerRules].map(({ code }) => code)

/** The lines for a situation, problems first. */
export const adviceOn = (situation: Situation): ReadonlyArray<Advice> => {
  const lines = [...factRules, ...containerRules]
    .filter(({ when }) => when(situation))
    .map(({ code, level, text }): Advice => ({ code, level, text }))
  return [...lines.filter(({ level }) => level === "problem"), ...lines.filter(({ level }) => level === "note")]
}
