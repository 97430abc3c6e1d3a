/** What the command line asks for. */
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { type WorkloadName, workloadNames } from "./workloads/names.ts"

export type PlaceName = "disk" | "journaled"

export interface Options {
  readonly profile: "full" | "quick"
  /** Where the stores lie while they are measured. */
  readonly directory: string
  /** Where the results go. */
  readonly out: string
  readonly seed: number
  readonly rounds: number
  /** Rounds of what shows how cost grows with size, and of the journaled place. */
  readonly sideRounds: number
  readonly workloads: ReadonlyArray<WorkloadName>
  readonly subjects: RegExp
  readonly places: ReadonlyArray<PlaceName>
  /** How often every store is killed while it saves. */
  readonly kills: number
  /** Whether it is found out by experiment what every store guarantees. */
  readonly experiments: boolean
  /** An earlier result to report again, instead of a run. */
  readonly from?: string
}

export const usage = `npm run bench -- [options]

  --quick                every workload and every peer once, at sizes that say nothing, in under 90 s
  --dir <folder>         where the stores lie while they are measured; a real disk (default: the system's temp folder)
  --out <folder>         where the results go (default: bench/results for a full run, bench/dist/results otherwise)
  --rounds <n>           rounds of the workloads (default 5)
  --side-rounds <n>      rounds of what shows growth with size, and of the journaled place (default 3)
  --seed <n>             the order of the cases (default: drawn, and printed)
  --workloads <names>    some of ${workloadNames.join(", ")}
  --subjects <pattern>   the subjects whose names match, as "Holdfast|node:sqlite"
  --places <names>       some of disk, journaled (an ext4 with a journal in a loop file; needs root)
  --kills <n>            kills per store in the experiment on atomicity (default 12)
  --no-experiments       without the experiments on guarantees; ratios to limits need them
  --from <results.json>  reports an earlier result again`

const defaults = {
  full: { rounds: 5, sideRounds: 3, kills: 12, places: "disk,journaled" },
  quick: { rounds: 1, sideRounds: 1, kills: 1, places: "disk" }
}

const namesOf = <Name extends string>(text: string, known: ReadonlyArray<Name>): ReadonlyArray<Name> =>
  text.split(",").map((name) => {
    const found = known.find((candidate) => candidate === name)
    if (found === undefined) throw new Error(`${JSON.stringify(name)} is none of ${known.join(", ")}`)
    return found
  })

const numberOf = (text: string | undefined, otherwise: number): number => {
  const number = text === undefined ? otherwise : Number(text)
  if (!Number.isSafeInteger(number)) throw new Error(`${JSON.stringify(text)} is no whole number`)
  return number
}

export const parseOptions = (args: ReadonlyArray<string>): Options => {
  const text = { type: "string" } as const
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: "boolean", default: false },
      dir: text,
      out: text,
      rounds: text,
      "side-rounds": text,
      seed: text,
      workloads: text,
      subjects: text,
      places: text,
      kills: text,
      "no-experiments": { type: "boolean", default: false },
      from: text
    }
  })
  const profile = values.quick ? "quick" : "full"
  const isWhole = !values.quick && values.workloads === undefined && values.subjects === undefined
  return {
    profile,
    directory: join(values.dir ?? tmpdir(), `holdfast-bench-${process.pid}`),
    out: values.out ?? join(import.meta.dirname, isWhole ? "results" : "dist/results"),
    seed: numberOf(values.seed, Math.floor(Math.random() * 2 ** 31)),
    rounds: numberOf(values.rounds, defaults[profile].rounds),
    sideRounds: numberOf(values["side-rounds"], defaults[profile].sideRounds),
    workloads: values.workloads === undefined ? workloadNames : namesOf(values.workloads, workloadNames),
    subjects: new RegExp(values.subjects ?? ""),
    places: namesOf(values.places ?? defaults[profile].places, ["disk", "journaled"]),
    kills: numberOf(values.kills, defaults[profile].kills),
    experiments: !values["no-experiments"],
    ...(values.from === undefined ? {} : { from: values.from })
  }
}
