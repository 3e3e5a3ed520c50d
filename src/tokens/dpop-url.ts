/** Scheme, host and path of RFC 3986's characters: no user, no backslash, no control character. */
const HTTP_URL =
  /^https?:\/\/(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::\d*)?(?:[/?#][!#-;=?-[\]_a-z~]*)?$/i
const UNRESERVED = /[\w.~-]/

/**
 * The URL without query and fragment after RFC 3986 §6.2.2 and §6.2.3: case of scheme, host and
 * escapes, needless escapes, dot segments, default port, empty path. Null when it is no http URL.
 */
export function normalUrl(text: string): string | null {
  if (!HTTP_URL.test(text)) return null
  try {
    const { origin, pathname } = new URL(text)
    return origin + pathname.replace(/%[0-9a-f]{2}/gi, normalEscape)
  } catch {
    return null
  }
}

function normalEscape(escape: string): string {
  const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16))
  return UNRESERVED.test(character) ? character : escape.toUpperCase()
}
