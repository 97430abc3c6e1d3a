// Bundles the program with everything it uses into one file that needs no package: what counts is how soon it starts.
//
// `splitting` is on for what is loaded when it is needed. `node:` stays before the names of Node's modules: without it
// `node:sqlite` would be somebody's package. Nothing is left out of the bundle, so an installed copy brings no package.
import { defineConfig } from "tsup"

export default defineConfig({
  entry: {
    "main": "src/main.ts"
  },
  format: ["esm"],
  target: "node22",
  dts: false,
  clean: false,
  splitting: true,
  minify: true,
  removeNodeProtocol: false,
  noExternal: [/.*/],
  esbuildOptions: (options) => {
    options.conditions = ["@holdfast/source", "import", "module", "default"]
    options.legalComments = "none"
  }
})
