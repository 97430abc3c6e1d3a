/**
 * A conversation over two pipes, one line of JSON per message, as Effect's RPC wants to have it.
 *
 * Each side ends when its input does: whoever asked is told that nobody will answer, whoever answered stops. So
 * a process that loses its parent does not stay behind.
 */
import type * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as RpcClient from "effect/rpc/RpcClient"
import { RpcClientDefect, RpcClientError } from "effect/rpc/RpcClientError"
import type { FromClientEncoded, FromServerEncoded } from "effect/rpc/RpcMessage"
import * as RpcSerialization from "effect/rpc/RpcSerialization"
import * as RpcServer from "effect/rpc/RpcServer"
import type * as Scope from "effect/Scope"
import type * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"

/** One side's ends of the two pipes. */
export interface Pipes {
  readonly input: Stream.Stream<Uint8Array, unknown>
  readonly output: Sink.Sink<void, Uint8Array, unknown, unknown>
}

// Bodies may be long, so a line has no limit.
const lines = RpcSerialization.makeNdjson({ maxBufferSize: "unbounded" })

interface Talk<Message> {
  readonly send: (message: unknown) => Effect.Effect<void>
  /** Ends the output. */
  readonly hangUp: Effect.Effect<void>
  /** Hands on what comes in, until the input ends. */
  readonly listen: (take: (message: Message) => Effect.Effect<void>) => Effect.Effect<void>
}

const talkOver = Effect.fnUntraced(function*<Message>(
  { input, output }: Pipes
): Effect.fn.Return<Talk<Message>, never, Scope.Scope> {
  const parser = lines.makeUnsafe()
  const outgoing = yield* Queue.unbounded<string, Cause.Done>()
  // The other side may be gone: its end is what the input tells.
  yield* Stream.fromQueue(outgoing).pipe(Stream.encodeText, Stream.run(output), Effect.exit, Effect.forkScoped)
  return {
    send: (message) => {
      const line = parser.encode(message)
      return typeof line === "string" ? Effect.asVoid(Queue.offer(outgoing, line)) : Effect.void
    },
    hangUp: Effect.asVoid(Queue.end(outgoing)),
    listen: (take) =>
      Effect.asVoid(Effect.exit(Stream.runForEach(
        input,
        (bytes) => Effect.forEach(parser.decode(bytes) as ReadonlyArray<Message>, take, { discard: true })
      )))
  }
})

const common = { supportsAck: true, supportsTransferables: false, codecFor: lines.codecFor }

/** The answering side, and when whoever asks has gone. */
export const serverOver = Effect.fnUntraced(function*(pipes: Pipes) {
  const talk = yield* talkOver<FromClientEncoded>(pipes)
  const ended = yield* Deferred.make<void>()
  const protocol = yield* RpcServer.Protocol.make(Effect.fnUntraced(function*(take) {
    yield* talk.listen((message) => take(0, message)).pipe(
      Effect.andThen(Deferred.succeed(ended, undefined)),
      Effect.forkScoped
    )
    return {
      ...common,
      send: (_, message) => talk.send(message),
      end: () => talk.hangUp,
      disconnects: yield* Queue.make<number>(),
      clientIds: Effect.succeed(new Set([0])),
      initialMessage: Effect.succeed(Option.none<unknown>()),
      supportsSpanPropagation: false,
      supportsNotifications: false
    }
  }))
  return { protocol, ended: Deferred.await(ended) }
})

const nobody = new RpcClientError({
  reason: new RpcClientDefect({ message: "nobody answers", cause: "the input has ended" })
})

/** The asking side, and how to say that nothing more will be asked. */
export const clientOver = Effect.fnUntraced(function*(pipes: Pipes) {
  const talk = yield* talkOver<FromServerEncoded>(pipes)
  let isOver = false
  const protocol = yield* RpcClient.Protocol.make(Effect.fnUntraced(function*(give, clientIds) {
    const giveAll = (message: FromServerEncoded) =>
      Effect.forEach([...clientIds], (clientId) => give(clientId, message), { discard: true })
    const end = Effect.suspend(() => {
      isOver = true
      return giveAll({ _tag: "ClientProtocolError", error: nobody })
    })
    yield* Effect.forkScoped(Effect.andThen(talk.listen(giveAll), end))
    return {
      ...common,
      send: (_: number, message: FromClientEncoded) => isOver ? Effect.fail(nobody) : talk.send(message)
    }
  }))
  return { protocol, hangUp: talk.hangUp }
})
