import { HubRefusal, type Tokens } from './hub-client.js'

/** Where the hub sends every classic client. Nobody listens there now: the address says it all. */
const CLASSIC_CALLBACK = 'http://127.0.0.1:8080/callback'
const TIMEOUT_MS = 15_000

/**
 * Logs in at the hub's development page, as a person with a browser does: to the hub, on to the
 * page, the form, back to the hub, and on to the client with the tokens.
 */
export async function logIn(hub: string, email: string): Promise<Tokens> {
  const browser = new CookieJar()
  const page = await browser.open(`${hub}/login/github`)
  if (new URL(page.location).pathname !== '/dev-login/github/authorize') {
    const { host } = new URL(page.location)
    throw new Error(`${hub} logs people in at ${host}, and this needs its development login`)
  }
  const form = new URLSearchParams({ email, decision: 'allow' })
  const decided = await browser.open(page.location, { method: 'POST', body: form })
  const done = new URL((await browser.open(decided.location)).location)
  const [access_token, refresh_token] = ['access_token', 'refresh_token'].map((name) =>
    done.searchParams.get(name),
  )
  if (done.origin + done.pathname !== CLASSIC_CALLBACK || !access_token || !refresh_token) {
    throw new Error(`the login ended without tokens: ${done.searchParams.get('error') ?? '?'}`)
  }
  return { access_token, refresh_token }
}

/** As much of a browser as this takes: cookies of one site, and redirects one by one. */
class CookieJar {
  private readonly cookies = new Map<string, string>()

  /** @throws Error when the answer is not a redirect */
  async open(url: string, request: RequestInit = {}): Promise<{ location: string }> {
    const cookie = [...this.cookies].map((pair) => pair.join('=')).join('; ')
    const answer = await fetch(url, {
      ...request,
      redirect: 'manual',
      headers: cookie === '' ? {} : { cookie },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    for (const line of answer.headers.getSetCookie()) {
      const [name = '', value = ''] = (line.split(';')[0] ?? '').split('=')
      this.cookies.set(name, value)
    }
    const location = answer.headers.get('location')
    if (location !== null) return { location: new URL(location, url).href }
    throw new HubRefusal(`login: ${new URL(url).pathname}`, answer.status, await answer.text())
  }
}
