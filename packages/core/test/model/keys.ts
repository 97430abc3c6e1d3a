/** Keys for properties: few names, so that collisions, prefixes and the seams of code-unit order come up. */
import type { SessionKey } from "@holdfast/core"
import { Arbitrary, Schema } from "effect"

// "\uFFFF" sorts above "😀" by code units and below it by code points.
const name = Schema.Literals(["a", "ab", "b", "B", "é", "😀", "\uFFFF", "-", "__proto__"])

/** Names that are valid in a key. */
export const names: Arbitrary.Arbitrary<string> = Arbitrary.schema(name)

/** Namespaces of at most three names. */
export const namespaces: Arbitrary.Arbitrary<ReadonlyArray<string>> = Arbitrary.array(names, { maxLength: 3 })

/** Keys with namespaces of at most three names. */
export const keys: Arbitrary.Arbitrary<SessionKey> = Arbitrary.all({ id: names, namespace: namespaces })
