import { Browser, type Page } from './browser.js'
import type { Answer, TestHub } from './hub.js'

export const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code'

/** What a browser says of itself when it opens a page. */
export const AS_BROWSER = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }

/** RFC 8628 §3.2. */
export interface DeviceCodes {
  readonly device_code: string
  readonly user_code: string
  readonly verification_uri: string
  readonly verification_uri_complete: string
  readonly expires_in: number
  readonly interval: number
}

/** A form to one of OAuth's endpoints, as client libraries send it. */
export function sendForm<Body = any>(
  hub: TestHub,
  path: string,
  form: Record<string, string> | string,
  headers: Record<string, string> = {},
): Promise<Answer<Body>> {
  return hub.fetch('POST', path, {
    body: typeof form === 'string' ? form : new URLSearchParams(form).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
  })
}

/** The device's side: asks to be connected. */
export async function askForCodes(
  hub: TestHub,
  headers: Record<string, string> = {},
): Promise<DeviceCodes> {
  const answer = await sendForm<DeviceCodes>(
    hub,
    '/oauth/device',
    { client_id: 'desktop' },
    headers,
  )
  if (answer.status !== 200) throw new Error(`POST /oauth/device: ${JSON.stringify(answer.body)}`)
  hub.tokens.push(answer.body.device_code, answer.body.user_code)
  return answer.body
}

/** The device's side: asks whether it may come in. */
export async function poll(
  hub: TestHub,
  { device_code }: Pick<DeviceCodes, 'device_code'>,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const form = { grant_type: DEVICE_GRANT, client_id: 'desktop', device_code }
  const answer = await sendForm(hub, '/token', form, headers)
  const { access_token: access, refresh_token: refresh } = answer.body
  // The canary looks for them when the hub stops.
  for (const token of [access, refresh]) if (typeof token === 'string') hub.tokens.push(token)
  return answer
}

/** What a poll was told: `authorization_pending`, or `tokens`. */
export async function pollWord(
  hub: TestHub,
  codes: Pick<DeviceCodes, 'device_code'>,
  headers: Record<string, string> = {},
): Promise<string> {
  const { status, body } = await poll(hub, codes, headers)
  return status === 200 ? 'tokens' : String(body.error)
}

/** The person's side: a browser at the hub's pages and at the development provider's. */
export class DevicePerson {
  readonly browser = new Browser()

  constructor(
    private readonly hub: TestHub,
    readonly email = 'bob@example.org',
  ) {}

  /** Types a code. */
  type(userCode: string): Promise<Page> {
    return this.send('/device', { user_code: userCode })
  }

  /** Goes from the page that shows the device through the provider; stops at the page after. */
  async logIn(shown: Page, decision: 'allow' | 'deny' = 'allow'): Promise<Page> {
    const [link = ''] = linksOf(shown).filter((url) => url.includes('/google/'))
    const sent = await this.browser.open(link, { form: { email: this.email, decision } })
    const visited = await this.browser.follow(sent.location ?? '')
    return this.open(visited.at(-1) ?? '')
  }

  /** All the way to the question. */
  async goToQuestion({ user_code }: Pick<DeviceCodes, 'user_code'>): Promise<Page> {
    return this.logIn(await this.type(user_code))
  }

  /** Answers it. */
  answer(question: Page, decision: 'approve' | 'deny'): Promise<Page> {
    return this.send('/device/confirm', { state: stateIn(question), decision })
  }

  async approve(codes: Pick<DeviceCodes, 'user_code'>): Promise<Page> {
    return this.answer(await this.goToQuestion(codes), 'approve')
  }

  open(url: string): Promise<Page> {
    return this.browser.open(url, { headers: AS_BROWSER })
  }

  send(path: string, form: Record<string, string>, headers = {}): Promise<Page> {
    const sent = { origin: this.hub.url, 'sec-fetch-site': 'same-origin' }
    return this.browser.open(this.hub.url + path, {
      form,
      headers: { ...AS_BROWSER, ...sent, ...headers },
    })
  }
}

/** Where a page's links lead. */
export function linksOf({ body }: Page): string[] {
  return [...body.matchAll(/href="([^"]+)"/g)].map(([, url = '']) => url.replaceAll('&amp;', '&'))
}

/** The single-use state in the form of the question. */
export function stateIn({ body }: Page): string {
  const [, state] = /name="state" value="([^"]+)"/.exec(body) ?? []
  if (state === undefined) throw new Error(`no question on this page: ${body}`)
  return state
}

/** What a page says, without its markup. */
export function textOf({ body }: Page): string {
  const [, main = ''] = /<main>(.*)<\/main>/s.exec(body) ?? []
  return main
    .replace(/<[^>]+>/g, ' ')
    .replace(/\s+/g, ' ')
    .replaceAll('&#39;', "'")
    .replaceAll('&quot;', '"')
    .trim()
}
