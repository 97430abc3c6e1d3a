/**
 * The port as remote calls: one for each member of the service that does something, and one that tells what
 * was opened.
 *
 * A subscription tells with its first element that it is one, so that the caller knows from when on it hears.
 */
import * as Rpc from "effect/rpc/Rpc"
import * as RpcGroup from "effect/rpc/RpcGroup"
import * as Schema from "effect/Schema"
import { StorageErrorFromWire } from "../../errors/wire.ts"
import * as codecs from "./codecs.ts"

const error = StorageErrorFromWire

/** What is constant of an adapter. */
const described = Schema.Struct({ name: Schema.String, location: Schema.String, capability: codecs.capability })

/** The first element of a subscription. */
export const subscribed = { _tag: "Subscribed" } as const

export class Calls extends RpcGroup.make(
  Rpc.make("describe", { success: described, error }),
  Rpc.make("head", { payload: { key: codecs.key }, success: Schema.OptionFromNullOr(codecs.head), error }),
  Rpc.make("load", { payload: { key: codecs.key }, success: Schema.OptionFromNullOr(codecs.session), error }),
  Rpc.make("commit", { payload: { change: codecs.change }, success: codecs.receipt, error }),
  Rpc.make("entries", {
    payload: { key: codecs.key, range: codecs.range },
    success: codecs.entry,
    error,
    stream: true
  }),
  Rpc.make("list", { payload: { query: codecs.query }, success: codecs.listed, error, stream: true }),
  Rpc.make("changes", {
    success: Schema.Union([Schema.TaggedStruct("Subscribed", {}), codecs.told]),
    error,
    stream: true
  }),
  Rpc.make("readRole", { success: Schema.OptionFromNullOr(codecs.storeRecord), error }),
  Rpc.make("setRole", {
    payload: { expected: Schema.OptionFromNullOr(codecs.storeRecord), next: codecs.storeRecord },
    success: Schema.Boolean,
    error
  }),
  Rpc.make("health", { success: codecs.health, error, stream: true }),
  Rpc.make("probe", { success: codecs.probeReport, error }),
  Rpc.make("recover", {
    payload: { mode: Schema.Literals(["inspect", "apply"]) },
    success: codecs.finding,
    error,
    stream: true
  })
) {}
