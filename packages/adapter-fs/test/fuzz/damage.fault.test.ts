/** A sample of the damage that the slow test does. */
import { survivesDamage } from "./fuzz.ts"

survivesDamage(32, "brief")
