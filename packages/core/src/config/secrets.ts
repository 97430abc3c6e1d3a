/**
 * What in a URL is a secret: the password before a host, and options that are named like one.
 *
 * It errs to the side of hiding. A scheme marks options of its own that no name gives away, and
 * what follows a secret in a text is suspected of being its rest.
 */

/** What stands for a secret in print. */
export const hidden = "***"

const secretName = /key|secret|token|pass|pwd|auth|credential|signature/i

/** Whether an option of this name is taken for a secret, whatever its scheme says. */
export const isSecretName = (name: string): boolean => secretName.test(name)

// A password may hold all but the separators of the URL: it ends at the last "@".
const password = /^(\/\/[^:]*:).*@/s

/** A path as it is written, without the password before its host. */
export const withoutPassword = (written: string): string => written.replace(password, `$1${hidden}@`)

const beginsPassword = /\/\/[^/?,]*:/

/** Whether a secret may stand in this text. What follows it in the same URL may be the rest of that secret. */
export const mayHoldSecret = (text: string, marked: ReadonlyArray<string> = []): boolean =>
  beginsPassword.test(text) ||
  text.split(/[?&]/).slice(1).some((option) => {
    const name = option.split("=")[0] ?? ""
    return name.includes("%") || isSecretName(name) || marked.includes(name)
  })
