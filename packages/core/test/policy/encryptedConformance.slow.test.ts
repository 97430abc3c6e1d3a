/** Encrypted memory keeps the laws of the port. Bodies are limited, so that the largest ones are tried. */
import { makeMemory, makeMemoryAdapter } from "@holdfast/core"
import { conformance } from "@holdfast/core/testing/vitest"
import { Effect } from "effect"
import { encrypted, makeEncryptionKeys } from "../../src/policy/encrypted.ts"
import { k1, k2, withBodiesUpTo } from "./encryptedStores.ts"

conformance({
  name: "encrypted memory",
  fresh: Effect.gen(function*() {
    const content = makeMemory()
    const keys = yield* makeEncryptionKeys([k2, k1])
    return {
      open: Effect.map(makeMemoryAdapter(content), (memory) => encrypted({ keys })(withBodiesUpTo(96 * 1024)(memory)))
    }
  })
})
