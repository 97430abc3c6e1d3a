/**
 * What follows from the facts of a folder: the commit ladder, and what a save is worth.
 *
 * Pure functions of the facts and of what the app asked for. The ladder says which protocol comes first
 * and which others may be tried; while a store runs, a refusal that the probe did not meet still moves it on.
 */
import type { Durability } from "@holdfast/core/port"
import { lacksDirectorySync, type Platform } from "../io/errno.ts"
import { didWork, type Facts, wasRefused } from "./facts.ts"

/** A way to publish a head, as the commit ladder knows it. */
export type LadderStep = "rename" | "slots"

/** The protocols in the order in which they are tried, at least one, and why. */
export interface Ladder {
  readonly steps: readonly [first: LadderStep, ...rest: ReadonlyArray<LadderStep>]
  readonly because: string
}

/** Whether a name was refused to a file that could be written: the bytes are not the problem. */
export const refusesNames = (facts: Facts): boolean =>
  didWork(facts, "syncFile") && (wasRefused(facts, "rename") || wasRefused(facts, "renameOver"))

/** The commit ladder of a folder. */
export const ladderOf = (facts: Facts, commit: "auto" | LadderStep): Ladder => {
  if (commit !== "auto") return { steps: [commit], because: "the app asks for it" }
  const isWritable = !wasRefused(facts, "overwrite")
  if (refusesNames(facts) && isWritable) return { steps: ["slots"], because: "files cannot be renamed here" }
  if (facts.isCreateContradicted) {
    return { steps: ["slots"], because: "existing files can be overwritten but none created" }
  }
  if (!isWritable) return { steps: ["rename"], because: "files cannot be overwritten in place here" }
  return didWork(facts, "rename") && didWork(facts, "renameOver")
    ? { steps: ["rename", "slots"], because: "files can be renamed here" }
    : { steps: ["rename", "slots"], because: "renaming could not be tried" }
}

/** What a save survives in a folder: where folders cannot be synced, a power cut may take a file's name. */
export const durabilityOf = ({ tried }: Facts, platform: Platform): Durability =>
  tried.syncFolder.outcome === "fails" && lacksDirectorySync(platform, tried.syncFolder.detail)
    ? "buffered"
    : "flushed"
