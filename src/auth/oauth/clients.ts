/**
 * The clients of this hub. Both are public: they are programs in people's hands, which keep no secret
 * (RFC 8252 §8.5).
 */
export const CLIENT_IDS = ['desktop', 'web'] as const

export type ClientId = (typeof CLIENT_IDS)[number]

/** What a desktop client may put behind its loopback address; registered here, matched exactly. */
const DESKTOP_PATHS = [
  '',
  '/',
  '/callback',
  '/cb',
  '/auth/callback',
  '/oauth/callback',
  '/oauth2/callback',
]

/** RFC 8252 §7.3: the loopback literals, with any port. Never `localhost`, which may lead elsewhere. */
const LOOPBACK = /^http:\/\/(?:127\.0\.0\.1|\[::1\])(?::([1-9][0-9]{0,4}))?(\/[a-z0-9/]*)?$/
const MAX_PORT = 65_535

export function clientNamed(name: string): ClientId | null {
  return CLIENT_IDS.find((id) => id === name) ?? null
}

/**
 * Whether a client may be answered at this address: character by character the one it is registered
 * with, but for the port of a loopback address (RFC 9700 §2.1).
 *
 * @param publicUrl where the web client is served
 */
export function mayRedirectTo(client: ClientId, uri: string, publicUrl: string): boolean {
  if (client === 'web') return uri === webRedirectUri(publicUrl)
  const [found, port = '80', path = ''] = LOOPBACK.exec(uri) ?? []
  return found !== undefined && Number(port) <= MAX_PORT && DESKTOP_PATHS.includes(path)
}

export function webRedirectUri(publicUrl: string): string {
  return `${publicUrl}/console/callback`
}
