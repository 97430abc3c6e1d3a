/**
 * What measured times mean: a few sentences for people, and none where nothing is remarkable.
 *
 * A disk is judged by what an app's user waits for. A flush that takes no time at all is remarked upon as well: then
 * something says that bytes are safe sooner than a disk can make them so.
 */
import type { Measured } from "./measure.ts"

/** What people are told of a kind of call. */
export interface Figures {
  readonly what: Measured["what"]
  readonly count: number
  readonly median: number
  readonly p99: number
  readonly most: number
}

const at = (sorted: ReadonlyArray<number>, part: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0

/** The figures of times. */
export const figuresOf = ({ millis, what }: Measured): Figures => ({
  what,
  count: millis.length,
  median: at(millis, 0.5),
  p99: at(millis, 0.99),
  most: millis.at(-1) ?? 0
})

// Somebody who waits longer than this after each message feels it.
const slowMillis = 100

// A solid-state disk without a battery takes some tenths of a millisecond.
const tooFastMillis = 0.03

/** What is remarkable. */
export const judgeFigures = (figures: ReadonlyArray<Figures>) => {
  const find = (what: Measured["what"]) => figures.find((each) => each.what === what)
  const [flush, save] = [find("flush"), find("save")]
  const isSlow = save !== undefined && save.median > slowMillis
  const isSlowDisk = isSlow && flush !== undefined && flush.median > slowMillis / 2
  const stalls = save !== undefined && save.p99 > 10 * slowMillis
  const isTooFast = flush !== undefined && flush.median < tooFastMillis
  return {
    problems: [
      ...(isSlowDisk
        ? ["This disk is slow to flush, whoever asks: a network volume, a virus scanner or a worn disk does that."]
        : isSlow
        ? ["Saves are slow here, and the disk alone is not. Run `holdfast doctor` to see how this folder is saved to."]
        : []),
      ...(stalls ? ["One save in a hundred takes longer than a second: something stops this disk now and then."] : [])
    ],
    notes: isTooFast
      ? ["A flush takes no time here: this is memory, or a disk that says so too early. A power cut may take saves."]
      : []
  }
}
