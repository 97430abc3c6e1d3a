/**
 * The bridge to Effect's `KeyValueStore`, both ways; meant to be imported as a namespace.
 *
 * `layer` provides a `KeyValueStore` over any adapter, for what else an app keeps by key: it gets the
 * adapter's durability, and what cannot be read is never absent. `importFrom` copies what an app kept in
 * another `KeyValueStore` into sessions. The sessions' own service is `SessionStore`.
 */
export * from "./keyValueStore/importFrom.ts"
export * from "./keyValueStore/layer.ts"
