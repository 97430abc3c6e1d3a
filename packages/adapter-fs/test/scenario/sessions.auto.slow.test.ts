/** The codes after which a store goes from renaming to slots, for fifty sessions and at every call. */
import { losesNothing } from "./sweepSuite.ts"

losesNothing("auto", ["EXDEV", "EACCES", "EPERM", "EBUSY", "EROFS", "UNKNOWN"])
