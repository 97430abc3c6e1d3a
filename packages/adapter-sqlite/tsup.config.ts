// Bundles the published JavaScript; the declarations beside it come from `tsc -b`.
//
// `clean` is off because the declarations are in the same folder already, and `splitting` is on because an
// entry point that got its own copy of a service class would not find the service that another one provides.
// `node:` stays before the names of Node's modules: without it `node:sqlite` would be somebody's package.
import { defineConfig } from "tsup"

export default defineConfig({
  entry: {
    "index": "src/index.ts",
    // The other side of `thread: "worker"`, started by its file name.
    "thread": "src/thread.ts"
  },
  format: ["esm"],
  target: "node22",
  dts: false,
  clean: false,
  splitting: true,
  removeNodeProtocol: false,
  sourcemap: true
})
