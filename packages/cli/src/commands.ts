/**
 * The commands of the program, in the order in which its help lists them, each loaded when it is asked for.
 *
 * Each is a file of its own in `commands/`, whole or not here: there is no command that only says what it will do.
 * What all of them take is told in `root.ts`. A run loads the command that its arguments name; help and completions
 * load all of them.
 */
import * as Effect from "effect/Effect"

const load = {
  doctor: () => import("./commands/doctor.ts").then(({ doctor }) => doctor),
  recover: () => import("./commands/recover.ts").then(({ recover }) => recover),
  ls: () => import("./commands/ls.ts").then(({ ls }) => ls),
  show: () => import("./commands/show.ts").then(({ show }) => show),
  rm: () => import("./commands/rm.ts").then(({ rm }) => rm),
  fork: () => import("./commands/fork.ts").then(({ fork }) => fork),
  verify: () => import("./commands/verify.ts").then(({ verify }) => verify),
  copy: () => import("./commands/copy.ts").then(({ copy }) => copy),
  switch: () => import("./commands/switch.ts").then(({ switchStores }) => switchStores),
  export: () => import("./commands/export.ts").then(({ exportSessions }) => exportSessions),
  import: () => import("./commands/import.ts").then(({ importSessions }) => importSessions),
  watch: () => import("./commands/watch.ts").then(({ watch }) => watch),
  purge: () => import("./commands/purge.ts").then(({ purge }) => purge),
  report: () => import("./commands/report.ts").then(({ report }) => report),
  bench: () => import("./commands/bench.ts").then(({ bench }) => bench),
  "validate-adapter": () => import("./commands/validateAdapter.ts").then(({ validateAdapter }) => validateAdapter)
}

type Name = keyof typeof load

/** The names of all commands. */
export const commandNames = Object.keys(load) as ReadonlyArray<Name>

// Completions are a script for all commands, wherever on the line they are asked for.
const isForAll = (arg: string): boolean => arg.startsWith("--completions") || arg === "--wizard"

/** The commands that a run with these arguments may come to. */
const namedIn = (args: ReadonlyArray<string>): ReadonlyArray<Name> => {
  const named = commandNames.filter((name) => args.includes(name))
  return named.length === 0 || args.some(isForAll) ? commandNames : named
}

/** Loads what a run with these arguments needs. */
export const loadCommands = (args: ReadonlyArray<string>) =>
  Effect.promise(() => Promise.all(namedIn(args).map((name) => load[name]())))
