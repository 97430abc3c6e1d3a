// Bundles the published JavaScript; the declarations beside it come from `tsc -b`.
//
// `clean` is off because the declarations are in the same folder already, and `splitting` is on because an
// entry point that got its own copy of a service class would not find the service that another one provides.
import { defineConfig } from "tsup"

export default defineConfig({
  entry: {
    "index": "src/index.ts",
    "keyValueStore": "src/keyValueStore.ts",
    "port": "src/port.ts",
    "promise": "src/promise.ts",
    "store": "src/store.ts",
    "testing/index": "src/testing/index.ts",
    "testing/vitest": "src/testing/vitest.ts"
  },
  format: ["esm"],
  target: "node22",
  dts: false,
  clean: false,
  splitting: true,
  sourcemap: true
})
