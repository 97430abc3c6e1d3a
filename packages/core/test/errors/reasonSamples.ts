/** One instance of every reason: a reason that is missing here does not compile. */
import * as Core from "@holdfast/core"
import { Option } from "effect"

type Tag = Core.Reason["_tag"]

const outcome = "notApplied"

const at = { outcome, path: "/store/acct/local_1.json", code: "ECODE" } as const

/** A receipt of a degraded write, as a store that requires more got it. */
export const receipt: Core.Receipt = {
  key: { namespace: ["acct"], id: "local_1" },
  version: Core.Version(7),
  adapter: "memory",
  location: "memory",
  durability: "volatile",
  protocol: "memory",
  attempts: 2,
  failures: [],
  degraded: Option.none()
}

export const reasonSamples: { readonly [T in Tag]: Extract<Core.Reason, { readonly _tag: T }> } = {
  CrossDevice: new Core.CrossDevice({ outcome, from: "/store/a.tmp", to: "/store/a.json" }),
  Virtualized: new Core.Virtualized({ outcome, given: "/a", actual: "/b", container: "MSIX" }),
  DirectoryUnreadable: new Core.DirectoryUnreadable(at),
  PermissionDenied: new Core.PermissionDenied(at),
  ReadOnly: new Core.ReadOnly(at),
  NoSpace: new Core.NoSpace(at),
  NameTooLong: new Core.NameTooLong(at),
  TooManyOpenFiles: new Core.TooManyOpenFiles(at),
  Busy: new Core.Busy(at),
  Io: new Core.Io(at),
  Corrupt: new Core.Corrupt({ outcome, at: "/store/a.json", problem: "has a wrong checksum" }),
  NewerFormat: new Core.NewerFormat({ outcome, at: "/store/a.json", format: 3, known: 1 }),
  InvalidKey: new Core.InvalidKey({ outcome, problem: "the id is empty" }),
  TooLarge: new Core.TooLarge({ outcome, bytes: 11, bytesMax: 10 }),
  Conflict: new Core.Conflict({ outcome, expected: "present", actual: Option.none() }),
  Unavailable: new Core.Unavailable({ outcome, what: "the database" }),
  CircuitOpen: new Core.CircuitOpen({ outcome }),
  TimedOut: new Core.TimedOut({ outcome, limitMillis: 50 }),
  OutcomeUnknown: new Core.OutcomeUnknown({ outcome: "unknown", why: "no answer in time" }),
  DurabilityNotMet: new Core.DurabilityNotMet({ outcome: "applied", required: "flushed", receipt }),
  Unsupported: new Core.Unsupported({ outcome, capability: "flushed durability" }),
  Closed: new Core.Closed({ outcome }),
  Unclassified: new Core.Unclassified({
    outcome,
    code: "EWEIRD",
    errno: -4095,
    syscall: "rename",
    path: "/store/a.json"
  })
}

export const allReasons: ReadonlyArray<Core.Reason> = Object.values(reasonSamples)
