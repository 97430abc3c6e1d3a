/** Installs what the benchmark needs, then runs it: its other modules import what is installed here. */
import { install } from "./install.ts"

install()
await import("./main.ts")
