/** File stores answer random sequences as the reference model does; `sequences.slow.test.ts` tries more of them. */
import { inSlots, renamed } from "./harness.ts"
import { answersSequences } from "./sequences.ts"

answersSequences([renamed, inSlots], 8)
