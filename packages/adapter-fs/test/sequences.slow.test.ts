/** File stores answer hundreds of random sequences as the reference model does. */
import { inSlots, renamed, virtualized } from "./harness.ts"
import { answersSequences } from "./sequences.ts"

answersSequences([renamed, inSlots], 320)
answersSequences([virtualized], 60)
