import { losesNothing } from "./exploreSuite.ts"

losesNothing("slots")
