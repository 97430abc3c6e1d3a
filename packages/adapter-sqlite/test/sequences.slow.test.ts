/** SQLite stores answer many random sequences as the reference model does. */
import { answersSequences } from "./sequences.ts"

answersSequences(800)
