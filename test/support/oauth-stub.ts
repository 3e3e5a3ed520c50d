import { createHash, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What a person looks like to the hub: the JSON of Google's userinfo, of GitHub's user and of its list. */
export interface StubPerson {
  readonly google?: unknown
  readonly github?: unknown
  readonly emails?: unknown
}

/** Where a provider is asked something by the hub itself. */
export type Endpoint = 'token' | 'user' | 'emails'

/** What goes wrong there. */
export type Fault =
  | 'status 500'
  | 'status 401'
  | 'refused'
  | 'refused with 200'
  | 'html'
  | 'empty'
  | 'null'
  | 'array'
  | 'truncated'
  | 'huge'
  | 'redirect'
  | 'reset'
  | 'hang'
  | 'drip'

/** What the person meets at the provider's page instead of a login. */
export type PageFault = 'denied' | 'other error' | 'no code' | 'foreign code'

export interface SeenRequest {
  readonly path: string
  readonly query: URLSearchParams
  readonly body: URLSearchParams
  readonly authorization: string | undefined
}

interface Grant {
  readonly person: StubPerson
  readonly redirectUri: string
  readonly challenge: string
}

const CLIENT_ID = 'the-hub'
const CLIENT_SECRET = 'the-hub-and-the-stub-know-it'
const HUGE_BYTES = 1_024 * 1_024

/**
 * A Google and a GitHub on localhost. They speak real HTTP, check what real providers check (client,
 * redirect, PKCE, codes that work once), and misbehave when told.
 */
export class OAuthStub implements AsyncDisposable {
  /** Who sits before the browser; taken when a code is made. */
  person: StubPerson = alice
  pageFault: PageFault | null = null
  readonly faults = new Map<Endpoint, Fault>()
  readonly seen: SeenRequest[] = []
  private readonly codes = new Map<string, Grant>()
  private readonly tokens = new Map<string, StubPerson>()

  private constructor(private readonly server: Server) {
    server.on('request', (request, response) => {
      this.handle(request, response).catch(() => response.destroy())
    })
  }

  static async start(): Promise<OAuthStub> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
    return new OAuthStub(server)
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  /** What a hub needs to know to use this stub for both providers. */
  get env(): Record<string, string> {
    return { ...this.envOf('google'), ...this.envOf('github') }
  }

  envOf(provider: 'google' | 'github'): Record<string, string> {
    const name = provider.toUpperCase()
    const common = {
      [`${name}_CLIENT_ID`]: CLIENT_ID,
      [`${name}_CLIENT_SECRET`]: CLIENT_SECRET,
      [`${name}_AUTHORIZATION_URL`]: `${this.url}/${provider}/authorize`,
      [`${name}_TOKEN_URL`]: `${this.url}/${provider}/token`,
    }
    return provider === 'google'
      ? { ...common, GOOGLE_USERINFO_URL: `${this.url}/google/user` }
      : {
          ...common,
          GITHUB_USER_URL: `${this.url}/github/user`,
          GITHUB_EMAILS_URL: `${this.url}/github/emails`,
        }
  }

  /** The requests made to an endpoint, of either provider. */
  seenAt(endpoint: Endpoint | 'authorize'): SeenRequest[] {
    return this.seen.filter(({ path }) => path.endsWith(`/${endpoint}`))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections()
    await new Promise((resolve) => this.server.close(resolve))
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url)
    const body = new URLSearchParams(await textOf(request))
    const { authorization } = request.headers
    this.seen.push({ path: url.pathname, query: url.searchParams, body, authorization })
    const [, provider, endpoint] = url.pathname.split('/')
    const fault = FAULTS[this.faults.get(endpoint as Endpoint) ?? 'none']
    if (endpoint === 'authorize') this.authorize(url.searchParams, response)
    else if (fault) fault(response)
    else if (endpoint === 'token') this.token(body, response)
    else this.tell(provider, endpoint, authorization, response)
  }

  private authorize(query: URLSearchParams, response: ServerResponse): void {
    const isWellFormed =
      query.get('response_type') === 'code' &&
      query.get('client_id') === CLIENT_ID &&
      query.get('code_challenge_method') === 'S256'
    if (!isWellFormed) {
      answer(response, 400, { error: 'invalid_request' })
      return
    }
    const back = new URL(query.get('redirect_uri') ?? '')
    back.searchParams.set('state', query.get('state') ?? '')
    for (const [key, value] of this.wayBack(query)) back.searchParams.set(key, value)
    response.writeHead(302, { location: back.href }).end()
  }

  private tell(
    provider: string | undefined,
    endpoint: string | undefined,
    authorization: string | undefined,
    response: ServerResponse,
  ): void {
    const person = this.tokens.get(/^Bearer (.+)$/.exec(authorization ?? '')?.[1] ?? '')
    const user = provider === 'google' ? person?.google : person?.github
    if (person) answer(response, 200, endpoint === 'emails' ? person.emails : user)
    else answer(response, 401, { message: 'Bad credentials' })
  }

  private wayBack(query: URLSearchParams): [string, string][] {
    if (this.pageFault === 'denied') {
      return [
        ['error', 'access_denied'],
        ['error_description', '<script>alert("the person said no")</script>'],
      ]
    }
    if (this.pageFault === 'other error') return [['error', 'application_suspended']]
    if (this.pageFault === 'no code') return []
    if (this.pageFault === 'foreign code') return [['code', 'made-by-somebody-else']]
    const code = randomBytes(16).toString('hex')
    this.codes.set(code, {
      person: this.person,
      redirectUri: query.get('redirect_uri') ?? '',
      challenge: query.get('code_challenge') ?? '',
    })
    return [['code', code]]
  }

  private token(body: URLSearchParams, response: ServerResponse): void {
    const code = body.get('code') ?? ''
    const grant = this.codes.get(code)
    this.codes.delete(code)
    const verifier = createHash('sha256')
      .update(body.get('code_verifier') ?? '')
      .digest('base64url')
    const isGood =
      body.get('grant_type') === 'authorization_code' &&
      body.get('client_id') === CLIENT_ID &&
      body.get('client_secret') === CLIENT_SECRET &&
      grant?.redirectUri === body.get('redirect_uri') &&
      grant.challenge === verifier
    if (!isGood) {
      answer(response, 400, { error: 'invalid_grant' })
      return
    }
    const token = randomBytes(16).toString('hex')
    this.tokens.set(token, grant.person)
    answer(response, 200, { access_token: token, token_type: 'bearer', scope: '' })
  }
}

const FAULTS: Record<Fault | 'none', ((response: ServerResponse) => void) | null> = {
  none: null,
  'status 500': (response) => answer(response, 500, { message: 'oh no' }),
  'status 401': (response) => answer(response, 401, { message: 'Bad credentials' }),
  refused: (response) =>
    answer(response, 400, { error: 'invalid_client', error_description: 'who@are.you' }),
  'refused with 200': (response) => answer(response, 200, { error: 'bad_verification_code' }),
  html: (response) =>
    void response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><p>Sign in'),
  empty: (response) => void response.writeHead(200).end(),
  null: (response) => answer(response, 200, null),
  array: (response) => answer(response, 200, [[1]]),
  truncated: (response) => {
    response.writeHead(200, { 'content-length': '1000' }).write('{"access_token":"')
    setImmediate(() => response.destroy())
  },
  huge: (response) =>
    answer(response, 200, { access_token: 'x'.repeat(HUGE_BYTES), sub: '1', id: 1 }),
  redirect: (response) =>
    void response.writeHead(302, { location: '/redirected/for/ever' }).end('{"access_token":"x"}'),
  reset: (response) => void response.destroy(),
  hang: () => undefined,
  drip,
}

/** A byte now and then: never silent, never done. */
function drip(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' })
  const timer = setInterval(() => response.write(' '), 100)
  response.on('close', () => clearInterval(timer))
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

/** The same person at both providers, with an address that Google is no authority for. */
export const alice: StubPerson = {
  google: { sub: '108234567890123456789', email: 'alice@example.org', email_verified: true },
  github: { id: 583231, login: 'alice', email: null },
  emails: [{ email: 'alice@example.org', primary: true, verified: true, visibility: 'private' }],
}
