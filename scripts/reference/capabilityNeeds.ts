/**
 * What a law asks of an adapter's capability, in words.
 *
 * A law's `needs` is a function. This evaluates it over every combination of the graded fields and over every
 * interval of the numeric ones in which its answer is the same, and names the fields that make a difference with the
 * values that it accepts. Guarantees that the words are equivalent to the function on all of these, whatever the
 * function looks like. A field or a grade that is added to the capability does not compile until it is listed here.
 */
import type { Capability } from "@holdfast/core"

type Needs = (capability: Capability) => boolean
type Field = keyof Capability
type Numeric = { [F in Field]: Capability[F] extends number ? F : never }[Field]
type Graded = Exclude<Field, Numeric>
type Value = string | number

const grades: { readonly [F in Graded]: Readonly<Record<Capability[F], true>> } = {
  durability: { volatile: true, buffered: true, flushed: true, replicated: true },
  compareAndSet: { none: true, process: true, host: true, global: true },
  atomicity: { oneKey: true, manyKeys: true },
  append: { native: true, rewrite: true },
  sharedBy: { process: true, host: true, network: true },
  watch: { none: true, process: true, host: true, global: true }
}

const numeric: { readonly [F in Numeric]: true } = { bodyBytesMax: true, keyBytesMax: true }

const numericFields = Object.keys(numeric) as ReadonlyArray<Numeric>

/** The values that stand for all values of each field. */
type Axes = { readonly [F in Field]: ReadonlyArray<Value> }

const combinations = (axes: Axes): ReadonlyArray<Capability> => {
  let found: ReadonlyArray<Readonly<Record<string, Value>>> = [{}]
  for (const [field, values] of Object.entries(axes)) {
    found = found.flatMap((partial) => values.map((value) => ({ ...partial, [field]: value })))
  }
  return found as unknown as ReadonlyArray<Capability>
}

const gradedAxes = Object.fromEntries(
  Object.entries(grades).map(([field, values]) => [field, Object.keys(values)])
) as unknown as Omit<Axes, Numeric>

const extremes = [1, Number.MAX_SAFE_INTEGER]
const corners = combinations({ ...gradedAxes, bodyBytesMax: extremes, keyBytesMax: extremes })
const scale = Array.from({ length: 53 }, (_, power) => 2 ** power)

/** The smallest number above `low`, up to `high`, for which the answer is the one at `high`. */
const cutBetween = (answer: (value: number) => boolean, low: number, high: number): number => {
  let [below, above] = [low, high]
  while (above - below > 1) {
    const middle = below + Math.floor((above - below) / 2)
    if (answer(middle) === answer(high)) above = middle
    else below = middle
  }
  return above
}

/** Whether the function looks at a numeric field in any corner: one that it never looks at makes no difference. */
const looksAt = (needs: Needs, field: Numeric): boolean => {
  let wasRead = false
  return corners.some((corner) => {
    needs({
      ...corner,
      get [field]() {
        wasRead = true
        return corner[field]
      }
    })
    return wasRead
  })
}

/** Where the intervals of a numeric field begin in which the answer is the same, whatever the other fields are. */
const intervalsOf = (needs: Needs, field: Numeric): ReadonlyArray<number> => {
  if (!looksAt(needs, field)) return [1]
  const cuts = new Set([1])
  for (const corner of corners) {
    const probe: { -readonly [F in Field]: Capability[F] } = { ...corner }
    const answer = (value: number): boolean => {
      probe[field] = value
      return needs(probe)
    }
    const answers = scale.map(answer)
    for (const [index, high] of scale.entries()) {
      if (index > 0 && answers[index] !== answers[index - 1]) cuts.add(cutBetween(answer, scale[index - 1] ?? 1, high))
    }
  }
  return [...cuts].toSorted((left, right) => left - right)
}

/** A point without one field, as text: two points that share it differ in that field only. */
const without = (point: Capability, field: Field): string => JSON.stringify({ ...point, [field]: undefined })

const makesDifference = (
  points: ReadonlyArray<Capability>,
  accepted: ReadonlySet<Capability>,
  field: Field
): boolean => {
  const answers = new Map<string, boolean>()
  return points.some((point) => {
    const key = without(point, field)
    const known = answers.get(key)
    answers.set(key, accepted.has(point))
    return known !== undefined && known !== accepted.has(point)
  })
}

const quoted = (values: ReadonlyArray<Value>): string => values.map((value) => `\`${value}\``).join(" or ")

/** The numbers of the accepted intervals; neighbouring ones are one range. */
const rangeText = (starts: ReadonlyArray<Value>, accepted: ReadonlyArray<Value>): string =>
  starts.flatMap((start, index) => {
    if (!accepted.includes(start) || accepted.includes(starts[index - 1] ?? "")) return []
    const end = starts.slice(index).find((later) => !accepted.includes(later))
    if (end === undefined) return `at least ${start}`
    return index === 0 ? `at most ${Number(end) - 1}` : `from ${start} to ${Number(end) - 1}`
  }).join(" or ")

const fieldText = (axes: Axes, field: Field, accepted: ReadonlyArray<Value>): string => {
  const values = axes[field]
  if (numericFields.some((name) => name === field)) return `\`${field}\` ${rangeText(values, accepted)}`
  const refused = values.filter((value) => !accepted.includes(value))
  return refused.length === 1 && values.length > 2
    ? `\`${field}\` other than ${quoted(refused)}`
    : `\`${field}\` ${quoted(accepted)}`
}

const acceptedOf = (axes: Axes, points: ReadonlyArray<Capability>, field: Field): ReadonlyArray<Value> =>
  axes[field].filter((value) => points.some((point) => point[field] === value))

/** Which adapters have to keep a law that needs this, in words for a table. */
export const needsText = (needs: Needs): string => {
  const intervals = Object.fromEntries(numericFields.map((field) => [field, intervalsOf(needs, field)]))
  const axes = { ...gradedAxes, ...intervals } as Axes
  const points = combinations(axes)
  const accepted = points.filter(needs)
  if (accepted.length === 0) throw new Error("no capability asks for the law")
  if (accepted.length === points.length) return "every adapter"
  const isAccepted = new Set(accepted)
  const fields = (Object.keys(axes) as ReadonlyArray<Field>).filter((field) =>
    makesDifference(points, isAccepted, field)
  )
  const values = fields.map((field) => acceptedOf(axes, accepted, field))
  const whole = fields.reduce((count, field) => count / axes[field].length, points.length)
  const isProduct = accepted.length === values.reduce((count, { length }) => count * length, whole)
  const all = fields.map((field, index) => fieldText(axes, field, values[index] ?? [])).join(" and ")
  if (isProduct) return all
  const texts = accepted.map((point) => fields.map((field) => fieldText(axes, field, [point[field]])).join(" and "))
  return [...new Set(texts)].join("; or ")
}
