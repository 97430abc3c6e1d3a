import { losesNothing } from "./exploreSuite.ts"

losesNothing("rename")
