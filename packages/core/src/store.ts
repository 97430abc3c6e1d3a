/**
 * The typed session store alone: what an app needs that has one storage.
 *
 * Everything here is in `@holdfast/core` as well, beside policies, fallback, switching and storage URLs. An app that
 * uses none of them starts sooner when it imports these names from here.
 */
export * from "./errors/SessionErrors.ts"
export * from "./port.ts"
export * from "./store/Session.ts"
export * from "./store/SessionStore.ts"
