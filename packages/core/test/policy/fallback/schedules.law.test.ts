/** Whatever fails, crashes and comes back in whichever order, a chain keeps what it acknowledged and says nothing that is not so. */
import { survivesSchedules } from "./search.ts"

survivesSchedules(250)
