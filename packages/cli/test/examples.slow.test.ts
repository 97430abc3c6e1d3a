/** Every example of every command's help works as it is typed. */
import { describe, it } from "@effect/vitest"
import { commandNames } from "../src/commands.ts"
import { tryExamples } from "./examples.ts"

describe("the examples", () => {
  for (const name of commandNames) it.live(`of ${name} work`, () => tryExamples(name))
})
