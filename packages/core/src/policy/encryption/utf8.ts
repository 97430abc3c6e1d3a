/**
 * Text to bytes of UTF-8 and back, as the platform does it.
 *
 * Core is typed for no platform, so the two classes of https://encoding.spec.whatwg.org that every platform of
 * Effect has are declared here with what is used of them. A body of megabytes is worth the platform's own speed.
 */

declare const TextEncoder: new() => { readonly encode: (text: string) => Uint8Array }

declare const TextDecoder: new(
  label: string,
  options: { readonly fatal: boolean; readonly ignoreBOM: boolean }
) => { readonly decode: (bytes: Uint8Array) => string }

const encoder = new TextEncoder()

// A text comes back as it was, also one that begins with a byte order mark.
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/** The bytes of a well-formed text. */
export const utf8Bytes = (text: string): Uint8Array => encoder.encode(text)

/** The text of bytes that `utf8Bytes` gave; anything else throws. */
export const utf8Text = (bytes: Uint8Array): string => decoder.decode(bytes)
