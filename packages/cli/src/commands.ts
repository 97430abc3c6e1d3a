/**
 * The commands of the program, in the order in which its help lists them.
 *
 * Each is a file of its own in `commands/`, whole or not here: there is no command that only says what it will do.
 * What all of them take is told in `root.ts`.
 */
import { copy } from "./commands/copy.ts"
import { doctor } from "./commands/doctor.ts"
import { exportSessions } from "./commands/export.ts"
import { fork } from "./commands/fork.ts"
import { importSessions } from "./commands/import.ts"
import { ls } from "./commands/ls.ts"
import { purge } from "./commands/purge.ts"
import { recover } from "./commands/recover.ts"
import { rm } from "./commands/rm.ts"
import { show } from "./commands/show.ts"
import { verify } from "./commands/verify.ts"
import { watch } from "./commands/watch.ts"

export const commands = [
  doctor,
  recover,
  ls,
  show,
  rm,
  fork,
  verify,
  copy,
  exportSessions,
  importSessions,
  watch,
  purge
] as const
