/** Facts and surroundings for tables: a good disk and a plain process, apart from what a row says. */
import * as NodePath from "@effect/platform-node/NodePath"
import { Context, Effect, Layer, Option, Path } from "effect"
import { type Fact, type FactName, factNames, type Facts, works } from "../../src/probe/facts.ts"
import type { Surroundings } from "../../src/probe/surroundings.ts"

export const factsOf = (
  differing: { readonly [name in FactName]?: Fact } = {},
  rest: Partial<Omit<Facts, "tried">> = {}
): Facts => ({
  folder: "/store",
  tried: { ...Object.fromEntries(factNames.map((name) => [name, works])), ...differing } as Facts["tried"],
  isCreateContradicted: false,
  actual: Option.some("/store"),
  ...rest
})

export const aroundOf = (differing: Partial<Surroundings> = {}): Surroundings => ({
  platform: "linux",
  env: {},
  execPath: "/usr/bin/node",
  windowsStore: false,
  macAppStore: false,
  files: [],
  ...differing
})

/** How Node writes paths. */
export const nodePath: Path.Path = Effect.runSync(
  Effect.scoped(Effect.map(Layer.build(NodePath.layer), (context) => Context.get(context, Path.Path)))
)
