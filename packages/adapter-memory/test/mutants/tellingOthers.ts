/** Flaws in what is reported across instances: nothing, or nothing but that something was missed. */
import { type Change, type ChangeFeed, makeChangeFeed } from "@holdfast/core"
import { Effect } from "effect"
import { openOver } from "../harness.ts"
import { toldBy } from "../host.ts"
import { type Mutant, storageMutant } from "./mutant.ts"

const missed = (): Change => ({ _tag: "Missed" })

export const tellingOthersFlaws: ReadonlyArray<Mutant> = [
  storageMutant(
    {
      id: "tellsOwnWrites",
      flaw: "the writes of another instance are not reported",
      breaks: ["changes.ofOthers"]
    },
    (content) => ({ open: Effect.suspend(() => openOver(toldBy(content, makeChangeFeed()))) })
  ),
  storageMutant(
    {
      id: "missesOthers",
      flaw: "of the writes of another instance it is reported only that they were missed",
      breaks: ["changes.ofOthers"]
    },
    (content) => {
      const feeds = new Set<ChangeFeed>()
      return {
        open: Effect.suspend(() => {
          const own = makeChangeFeed()
          feeds.add(own)
          const publish: ChangeFeed["publish"] = (changes) =>
            feeds.forEach((feed) => feed.publish(feed === own ? changes : changes.map(missed)))
          return openOver(toldBy(content, { ...own, publish }))
        })
      }
    }
  ),
  storageMutant(
    {
      id: "missesFromAClosingOn",
      flaw: "as soon as one instance has closed, the others report every write as missed",
      breaks: ["changes.endWithInstance"]
    },
    (content) => {
      let hasClosed = false
      const publish: ChangeFeed["publish"] = (changes) =>
        content.feed.publish(hasClosed ? changes.map(missed) : changes)
      return {
        open: Effect.andThen(
          Effect.addFinalizer(() => Effect.sync(() => hasClosed = true)),
          openOver(toldBy(content, { ...content.feed, publish }))
        )
      }
    }
  )
]
