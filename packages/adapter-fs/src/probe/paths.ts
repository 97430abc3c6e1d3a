/**
 * Paths as text, of any platform: what a container shows in them is looked for on every machine.
 *
 * Both separators count, because Windows takes both. Letters are compared without their case only where
 * the platform does so. Nothing here looks at a disk.
 */
import type { Platform } from "../io/errno.ts"

/** A path with one kind of separator, without the prefix of long paths and without a last separator. */
export const plain = (path: string): string =>
  path.replace(/^[\\/]{2}\?[\\/]/, "").replaceAll("\\", "/").replace(/(?<=[^/])\/+$/, "")

const comparable = (path: string, platform: Platform): string =>
  platform === "win32" || platform === "darwin" ? plain(path).toLowerCase() : plain(path)

/** Whether two paths name one place, as far as their text tells. */
export const isSamePath = (self: string, that: string, platform: Platform): boolean =>
  comparable(self, platform) === comparable(that, platform)

/** Whether a path is a folder's or lies below it. */
export const isWithin = (path: string, folder: string, platform: Platform): boolean =>
  `${comparable(path, platform)}/`.startsWith(`${comparable(folder, platform)}/`)

/** The folder of a file. */
export const parentOf = (path: string): string => {
  const cut = Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\"))
  const parent = path.slice(0, Math.max(cut, 0))
  return parent === "" || /^[A-Za-z]:$/.test(parent) ? path.slice(0, cut + 1) : parent
}
