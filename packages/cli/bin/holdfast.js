#!/usr/bin/env node
// Starts the program, or says what is missing. This file alone runs in every version of Node that has modules.
import { existsSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)
const main = new URL("../dist/main.js", import.meta.url)

const [first, ...others] = process.argv.slice(2)

if (others.length === 0 && (first === "--version" || first === "-v")) {
  const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"))
  console.log(`holdfast v${manifest.version}`)
} else if (major < 22 || (major === 22 && minor < 19)) {
  console.error(`holdfast needs Node 22.19 or newer; this is ${process.versions.node}. Nothing was changed.`)
  process.exitCode = 2
} else if (!existsSync(fileURLToPath(main))) {
  console.error("holdfast is not built in this folder. Run `npm run build`, then try again. Nothing was changed.")
  process.exitCode = 2
} else {
  await import(main.href)
}
