/** The file adapter of Holdfast: `FsAdapter.layer({ directory })`. */
export * as FsAdapter from "./FsAdapter.ts"
export type { Hint } from "./probe/hint.ts"
export { CurrentSurroundings, type Surroundings } from "./probe/surroundings.ts"
export { candidateRoots, type RootsReport } from "./roots/candidateRoots.ts"
export type { Candidate, Roots, Verdict, Way } from "./roots/candidates.ts"
export { defaultDirectory } from "./roots/defaultDirectory.ts"
export type { Seen, Unlisted } from "./roots/expand.ts"
export type { App, Origin } from "./roots/patterns.ts"
