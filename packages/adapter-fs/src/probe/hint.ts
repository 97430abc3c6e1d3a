/**
 * What a sign of a container is, and what it is looked for in.
 *
 * A hint is an observation with its evidence; whether it explains a failure is part of it, what to do about
 * it is not.
 */
import type * as Option from "effect/Option"

/** The kinds of containers that are known. */
export type ContainerKind = "msix" | "flatpak" | "snap" | "macSandbox" | "wsl" | "docker" | "syncedFolder"

/** One sign of a container. */
export interface Hint {
  readonly kind: ContainerKind
  /** For people, for example `MSIX package Claude_pzs8sxrjxfjjc`. */
  readonly name: string
  /** What showed it. */
  readonly because: string
  /** Whether it leads this store's folder elsewhere, or restricts what can be done in it. */
  readonly redirects: boolean
}

/** A store's folder: as it was asked for, and as a file in it shows it. */
export interface StoreFolder {
  readonly given: string
  readonly actual: Option.Option<string>
}
