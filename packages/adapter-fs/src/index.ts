/** The file adapter of Holdfast: `FsAdapter.layer({ directory })`. */
export * as FsAdapter from "./FsAdapter.ts"
