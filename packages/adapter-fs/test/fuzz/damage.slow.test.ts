/** Two thousand damaged files, one at a time, in a store of sessions of every sort. */
import { survivesDamage } from "./fuzz.ts"

survivesDamage(2_000, "whole")
