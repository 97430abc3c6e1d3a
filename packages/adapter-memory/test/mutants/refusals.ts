/** Errors that mutants answer with. */
import { Conflict, type Expect, type SessionKey, StorageError, type Version } from "@holdfast/core"
import { Option } from "effect"

/** A conflict that an adapter might find with a key. */
export const conflict = (
  key: SessionKey | undefined,
  expected: Expect = "any",
  actual: Option.Option<Version> = Option.none()
): StorageError =>
  new StorageError({
    adapter: "memory",
    operation: "commit",
    key,
    reason: new Conflict({ outcome: "notApplied", expected, actual })
  })

/** The same error, told by an adapter of another name. */
export const toldBy = ({ key, operation, reason }: StorageError, adapter: string): StorageError =>
  new StorageError({ adapter, operation, key, reason })
