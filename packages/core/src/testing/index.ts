/** The conformance kit: the laws of the port as data, what runs them over an adapter, and what further laws are made of. */
export * from "./claims.ts"
export * from "./Law.ts"
export { laws } from "./laws/index.ts"
export * from "./operations.ts"
export * from "./report.ts"
export * from "./sequences.ts"
export { type Client, family, type LawText, leavesUnchanged, type Trial } from "./Trial.ts"
