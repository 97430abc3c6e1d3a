/**
 * The progress of a switch in words.
 *
 * How many chats are written while others are copied is a matter of time, so none of these words says it: a timeline made
 * of them can be compared with a file.
 */
import type { SwitchProgress } from "@holdfast/core"
import { Option } from "effect"

/** What a user could be shown of a step; nothing of steps whose number varies. */
export const progressInWords = (progress: SwitchProgress): Option.Option<string> => {
  switch (progress._tag) {
    case "Opening":
      return Option.some(`${progress.name} is opened; files serves`)
    case "SettingAside":
      return Option.some(`${progress.kept.from.id}, which only the target has, is kept there under another key`)
    case "Copying":
      return Option.some(
        `${progress.doneCount} of ${progress.totalCount} chats are copied from files to sqlite; files serves`
      )
    case "CatchingUp":
      return Option.none()
    case "Fenced":
      return Option.some("writes wait from here on; none is under way")
    case "Verifying":
      return progress.differingCount > 0
        ? Option.none()
        : Option.some(`both stores are compared: ${progress.totalCount} chats, all of them the same in both`)
    case "CutOver":
      return Option.some(`${progress.name} is current, and its record says so; writes go on there`)
    case "Retired":
      return Option.some(`${progress.name} is retired, and takes no writes any more`)
    case "Done":
      return Option.some(`done: all chats lie in ${progress.name}; ${progress.keptAside.length} had to be kept aside`)
  }
}
