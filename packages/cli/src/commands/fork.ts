/**
 * `holdfast fork`: a second session with the same state and entries, under a key of its own.
 *
 * Texts are copied as they are stored, whatever wrote them, in one step: there is no moment with half of the entries.
 * The first session is only read.
 */
import { displayKey, keyText, makeKey, randomId, readWhole, type StorageAdapter } from "@holdfast/core"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Clock from "effect/Clock"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { ExitCodes } from "../exitCode.ts"
import { CliFailure } from "../output/CliFailure.ts"
import { headJson } from "../output/encode.ts"
import { Output } from "../output/Output.ts"
import { counted } from "../output/text.ts"
import { givenStore, withOutput } from "../root.ts"
import { findHead, keyOf, namespaceOf } from "../stores/keys.ts"
import { openStore } from "../stores/open.ts"

interface Wanted {
  readonly session: string
  readonly id: Option.Option<string>
  readonly namespace: Option.Option<string>
}

const gone = (key: string) =>
  new CliFailure({
    code: "NoSuchSession",
    what: `the session ${key} was removed a moment ago`,
    advice: "Run `holdfast ls` to see which sessions there are."
  })

const taken = (key: string) =>
  new CliFailure({
    code: "SessionExists",
    what: `a session ${key} is there, or was`,
    advice: "Give another id, or leave --id out."
  })

const copy = Effect.fnUntraced(function*(adapter: StorageAdapter["Service"], { id, namespace, session }: Wanted) {
  const { key: from } = yield* findHead(adapter, session)
  const names = Option.match(namespace, { onNone: () => from.namespace, onSome: namespaceOf })
  const to = makeKey(Option.getOrElse(id, () => SecureRandom.uuidV4Unsafe()), names)
  const key = yield* keyOf(keyText(to))
  const found = yield* readWhole(adapter, from)
  if (Option.isNone(found)) return yield* gone(displayKey(from))
  const { entries, session: source } = found.value
  const now = yield* Clock.currentTimeMillis
  const head = { ...source.head, key, incarnation: randomId(), createdAt: now, updatedAt: now }
  // A write id says that a write was made to this key, which it was not.
  const own = entries.map(({ writeId: _, ...entry }) => entry)
  yield* adapter.commit({
    writeId: randomId(),
    operations: [{
      _tag: "Restore",
      key,
      expect: "absent",
      record: { head, body: source.body, writes: [] },
      entries: Stream.fromIterable(own)
    }]
  }).pipe(
    Effect.catchReason("StorageError", "Conflict", () => Effect.fail(taken(displayKey(key))))
  )
  return { from, head }
})

const forkSession = Effect.fnUntraced(function*(wanted: Wanted) {
  const { show } = yield* Output
  const adapter = yield* openStore(yield* givenStore, { _tag: "Change" })
  const { from, head } = yield* copy(adapter, wanted)
  yield* show({
    json: () => ({ from: keyText(from), fork: headJson(head) }),
    text: () => [
      `${keyText(head.key)} is a fork of ${keyText(from)}, with ${counted(head.entryCount, "entry", "entries")}`
    ]
  })
}, Effect.scoped)

export const fork = Command.make("fork", {
  session: Argument.String("session").pipe(Argument.withDescription("The session, as `holdfast ls` shows it")),
  id: Flag.String("id").pipe(Flag.withDescription("The id of the fork; a random one when left out"), Flag.optional),
  namespace: Flag.String("namespace").pipe(
    Flag.withAlias("n"),
    Flag.withDescription("The namespace of the fork; the session's own when left out"),
    Flag.optional
  )
}, (wanted) => withOutput(forkSession(wanted))).pipe(
  Command.withDescription("Copy a session to a key of its own."),
  Command.withExamples([
    { command: "holdfast fork acct/org/local_1 --id local_2 --store ./sessions", description: "Under an id of choice" }
  ]),
  Command.annotate(ExitCodes, { 0: "copied", 2: "not copied: it is not there, or the new key is taken" })
)
