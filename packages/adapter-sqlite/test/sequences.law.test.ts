/** SQLite stores answer random sequences as the reference model does; `sequences.slow.test.ts` tries more of them. */
import { answersSequences } from "./sequences.ts"

answersSequences(25)
