/** The sessions of the example: what they hold is the secret, who holds them and how they are called is not. */
import { Session, SessionStore } from "@holdfast/core"
import { Schema } from "effect"

const Diary = Session.define("Diary", {
  state: Schema.Struct({ title: Schema.String, pinned: Schema.Boolean, text: Schema.String }),
  entry: Schema.String,
  summary: ["title", "pinned"]
})

export class Diaries extends SessionStore.Service<Diaries>()("app/Diaries", Diary) {}

export const samples = [
  {
    key: Session.key("diary", ["ada"]),
    state: { title: "Moonflower", pinned: true, text: "Nobody knows that the engine weaves algebra" },
    entries: ["Met Charles at the soiree", "The Bernoulli numbers came out right"]
  },
  {
    key: Session.key("plans", ["ada"]),
    state: { title: "Operation Lilac", pinned: false, text: "Bet on the dark horse in the third race" },
    entries: ["The bookmaker suspects nothing"]
  },
  {
    key: Session.key("letter", ["ben"]),
    state: { title: "To whom it concerns", pinned: true, text: "The keys are under the flower pot" },
    entries: ["Sent with the evening post"]
  }
]

/** Every text of the samples that nobody else should be able to read. */
export const secrets: ReadonlyArray<string> = samples.flatMap(({ entries, state }) => [
  state.title,
  state.text,
  ...entries
])
