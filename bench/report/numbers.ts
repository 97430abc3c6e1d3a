/** Numbers as the report and the terminal show them: three significant digits, units that fit. */
import type { Figure } from "../workloads/names.ts"

export const short = (value: number): string => {
  if (!Number.isFinite(value)) return "-"
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString("en")
  return Number(value.toPrecision(3)).toString()
}

export const withUnit = (value: number, { unit }: Figure): string =>
  unit === "per second" ? `${short(value)}/s` : `${short(value)} ${unit}`

export const bytesText = (bytes: number): string => {
  if (!Number.isFinite(bytes)) return "-"
  if (Math.abs(bytes) >= 1e6) return `${short(bytes / 1e6)} MB`
  return Math.abs(bytes) >= 1e3 ? `${short(bytes / 1e3)} KB` : `${short(bytes)} B`
}

/** A size on an axis or a column: a number of things, or binary bytes. */
export const sizeText = (size: number, what: "sessions" | "bytes" | "entries"): string => {
  if (what !== "bytes") return size.toLocaleString("en")
  return size >= 2 ** 20 ? `${Math.round(size / 2 ** 20)} MB` : `${Math.round(size / 2 ** 10)} KB`
}

export const percent = (share: number): string => `${short(Math.abs(share) * 100)}%`
