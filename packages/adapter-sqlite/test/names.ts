/** Keys for properties: names over the whole of Unicode, thick at the seams of code-unit order, and few enough to collide. */
import { keyProblem, type SessionKey } from "@holdfast/core"
import { Arbitrary, Option, Schema } from "effect"

// Code points and code units differ in order where a pair begins at D800 and a single unit may be up to FFFF.
const points = [
  0x20,
  0x2d,
  0x61,
  0x62,
  0x7e,
  0xa0,
  0xe9,
  0x7ff,
  0x800,
  0xd7ff,
  0xe000,
  0xfffd,
  0xffff,
  0x10000,
  0x103ff,
  0x1f600,
  0x10ffff
]

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

const character = Arbitrary.map(
  Arbitrary.schema(
    Schema.Union([Schema.Literals(points), between(0xa0, 0xd7ff), between(0xe000, 0xffff), between(0x10000, 0x10ffff)])
  ),
  (point) => String.fromCodePoint(point)
)

const isName = (id: string) => Option.isNone(keyProblem({ namespace: [], id }))

/** Valid names: of up to eight characters of any kind, or one of a few that are each other's beginnings. */
export const names: Arbitrary.Arbitrary<string> = Arbitrary.flatMap(
  Arbitrary.schema(Schema.Literals(["few", "any"])),
  (kind) =>
    kind === "few"
      ? Arbitrary.schema(Schema.Literals(["a", "ab", "b", "\u{1f600}", "\uffff", "a\u{10000}", "a\ue000", "__proto__"]))
      : Arbitrary.filter(
        Arbitrary.map(Arbitrary.array(character, { minLength: 1, maxLength: 8 }), (all) => all.join("")),
        isName
      )
)

/** Namespaces of up to three names. */
export const namespaces: Arbitrary.Arbitrary<ReadonlyArray<string>> = Arbitrary.array(names, { maxLength: 3 })

/** Keys with such names. */
export const keys: Arbitrary.Arbitrary<SessionKey> = Arbitrary.all({ id: names, namespace: namespaces })
