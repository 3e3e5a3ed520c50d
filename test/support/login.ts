import { Browser } from './browser.js'
import type { TestHub } from './hub.js'

/** How a login ended: what the client on 127.0.0.1:8080 reads from its address. */
export interface Ending {
  readonly url: string
  readonly accessToken: string | null
  readonly refreshToken: string | null
  readonly error: string | null
  readonly errorDescription: string | null
}

export interface Me {
  readonly id: number
  readonly email: string | null
  readonly provider: string
}

/** A whole login by the provider's page, as a person's browser does it. */
export async function logIn(
  hub: TestHub,
  provider: 'google' | 'github',
  browser = new Browser(),
): Promise<Ending> {
  const visited = await browser.follow(`${hub.url}/login/${provider}`)
  return endingOf(hub, visited.at(-1) ?? '')
}

/** Goes to the provider and stops on the way back: resolves with the callback's address. */
export async function goToProvider(
  hub: TestHub,
  provider: 'google' | 'github',
  browser: Browser,
): Promise<string> {
  const visited = await browser.follow(`${hub.url}/login/${provider}`, (url) =>
    new URL(url).pathname.endsWith('/callback'),
  )
  return visited.at(-1) ?? ''
}

export function endingOf(hub: TestHub, url: string): Ending {
  const { searchParams: query } = new URL(url)
  const ending = {
    url,
    accessToken: query.get('access_token'),
    refreshToken: query.get('refresh_token'),
    error: query.get('error'),
    errorDescription: query.get('error_description'),
  }
  // The canary looks for them when the hub stops.
  for (const token of [ending.accessToken, ending.refreshToken]) if (token) hub.tokens.push(token)
  return ending
}

/** Who the login made the person: their account. */
export async function whoIs(hub: TestHub, { accessToken }: Ending): Promise<Me> {
  const { status, body } = await hub.fetch<Me>('GET', '/users/me', { token: accessToken ?? '' })
  if (status !== 200) throw new Error(`GET /users/me: ${JSON.stringify(body)}`)
  return body
}
