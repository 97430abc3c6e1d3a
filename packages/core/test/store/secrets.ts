/** Schemas that refuse a state in every way that Effect knows, and states that they refuse. */
import { Effect, Option, Schema, SchemaGetter, SchemaIssue } from "effect"

const text = Schema.String

/** A check that repeats the value in its message, as apps write them. */
const echoing = text.check(Schema.makeFilter((value: string) => value.startsWith("ok") || `${value} is not ok`))

/** A transformation that repeats the value when it fails. */
const hex = text.pipe(Schema.decodeTo(Schema.Int, {
  decode: SchemaGetter.transformEffect((value: string, options) =>
    Effect.fail(new SchemaIssue.InvalidValue({ message: `${value} is not hex` }, value, options))
  ),
  encode: SchemaGetter.transformEffect((value: number, options) =>
    Effect.fail(new SchemaIssue.InvalidValue({ message: `${value} has no hex` }, value, options))
  )
}))

class Point extends Schema.Class<Point>("test/Point")({ x: Schema.Int, note: echoing }) {}

const pointing = Schema.Struct({ bag: Schema.Unknown }).check(
  Schema.makeFilter((value: { readonly bag: unknown }) => ({
    path: ["bag", String(value.bag)],
    issue: `${String(value.bag)} is out`
  }))
)

interface Nested {
  readonly value: number
  readonly children: ReadonlyArray<Nested>
}

const nested = Schema.Struct({
  value: Schema.Int,
  children: Schema.Array(Schema.suspend((): Schema.Codec<Nested> => nested))
})

/** A schema, and what it refuses when a secret is planted in it. */
export const refusing: Record<
  string,
  readonly [schema: Schema.Codec<unknown, unknown>, plant: (secret: string) => unknown]
> = {
  wrongType: [Schema.Struct({ a: Schema.Int }), (secret) => ({ a: secret })],
  wrongTypeOfAll: [Schema.Struct({ a: Schema.Int }), (secret) => secret],
  missing: [Schema.Struct({ a: text, b: text }), (secret) => ({ a: secret })],
  recordValue: [Schema.Struct({ a: Schema.Record(text, Schema.Int) }), (secret) => ({ a: { [secret]: secret } })],
  recordKeys: [
    Schema.Record(text, text).check(Schema.makeFilter((value) => `${Object.keys(value).join()} are no names`)),
    (secret) => ({ [secret]: "" })
  ],
  propertyNames: [
    Schema.Record(text, text).check(Schema.isPropertyNames(text.check(Schema.isMaxLength(1)))),
    (secret) => ({ [secret]: "" })
  ],
  nestedRecords: [
    Schema.Record(text, Schema.Record(text, Schema.Array(Schema.Boolean))),
    (secret) => ({ [secret]: { [`${secret}2`]: [true, secret] } })
  ],
  echoingCheck: [Schema.Struct({ a: echoing }), (secret) => ({ a: secret })],
  echoingCheckOfAll: [Schema.Array(echoing), (secret) => ["ok", secret]],
  echoingPath: [pointing, (secret) => ({ bag: secret })],
  builtInChecks: [
    Schema.Struct({ a: text.check(Schema.isMaxLength(1)), b: text.check(Schema.isPattern(/^$/)) }),
    (secret) => ({ a: secret, b: secret })
  ],
  transformation: [Schema.Struct({ a: hex }), () => ({ a: 7 })],
  union: [
    Schema.Union([Schema.TaggedStruct("A", { a: Schema.Int }), Schema.TaggedStruct("B", { b: Schema.Int })]),
    (secret) => ({ _tag: secret, a: secret })
  ],
  unionMember: [
    Schema.Union([Schema.TaggedStruct("A", { a: Schema.Int }), Schema.TaggedStruct("B", { b: Schema.Int })]),
    (secret) => ({ _tag: "A", a: secret })
  ],
  plainUnion: [Schema.Union([Schema.Int, Schema.Boolean]), (secret) => secret],
  literals: [Schema.Struct({ a: Schema.Literals(["x", "y"]) }), (secret) => ({ a: secret })],
  tuple: [Schema.Tuple([text, Schema.Int]), (secret) => [secret, secret]],
  tooLongTuple: [Schema.Tuple([text]), (secret) => [secret, secret]],
  class: [Point, (secret) => ({ x: 1, note: secret })],
  recursive: [nested, (secret) => ({ value: 1, children: [{ value: secret, children: [] }] })],
  option: [Schema.Option(Schema.Int), (secret) => Option.some(secret)],
  map: [Schema.ReadonlyMap(text, Schema.Int), (secret) => new Map([[secret, secret]])],
  template: [Schema.TemplateLiteral(["id-", Schema.Int]), (secret) => secret],
  date: [Schema.Struct({ a: Schema.DateTimeUtc }), (secret) => ({ a: secret })],
  symbolKey: [Schema.Record(text, Schema.Int), (secret) => ({ [secret]: Symbol(secret) })],
  unserializable: [Schema.Struct({ a: Schema.Unknown }), (secret) => ({ a: { [secret]: () => secret } })]
}
