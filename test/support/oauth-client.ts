import { createHash, randomBytes } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

import { Browser } from './browser.js'
import { type Answer, startHub, type TestHub } from './hub.js'
import { OAuthStub } from './oauth-stub.js'
import { TestNode } from './test-node.js'
import { selfSigned } from './x509.js'

/** What a login ended with at the client's own address. */
export interface Redirected {
  readonly url: string
  readonly code: string | null
  readonly state: string | null
  readonly iss: string | null
  readonly error: string | null
}

export interface TokenBody {
  readonly access_token: string
  readonly token_type: 'Bearer' | 'DPoP'
  readonly expires_in: number
  readonly refresh_token: string
  readonly error?: string
  readonly error_code?: string
}

/**
 * A desktop program as RFC 8252 wants it: it listens on a port of its own for the time of the login,
 * sends the browser to the hub with PKCE and `state`, and checks what comes back.
 */
export class OAuthClient implements AsyncDisposable {
  readonly verifier = randomBytes(32).toString('base64url')
  readonly state = randomBytes(16).toString('base64url')
  readonly requests: string[] = []

  private constructor(
    readonly hub: TestHub,
    private readonly server: Server,
    readonly redirectUri: string,
  ) {
    server.on('request', (request, response) => {
      this.requests.push(request.url ?? '')
      response.end('You may close this page.')
    })
  }

  static async listen(hub: TestHub, host: '127.0.0.1' | '::1' = '127.0.0.1'): Promise<OAuthClient> {
    const server = createServer()
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(0, host, resolve)
    })
    const { port } = server.address() as AddressInfo
    const literal = host === '::1' ? '[::1]' : host
    return new OAuthClient(hub, server, `http://${literal}:${port}/callback`)
  }

  get challenge(): string {
    return createHash('sha256').update(this.verifier).digest('base64url')
  }

  /** The address to open in the browser. Null leaves a parameter out. */
  authorizeUrl(change: Record<string, string | null> = {}): string {
    const parameters: Record<string, string | null> = {
      response_type: 'code',
      client_id: 'desktop',
      redirect_uri: this.redirectUri,
      state: this.state,
      code_challenge: this.challenge,
      code_challenge_method: 'S256',
      provider: 'github',
      ...change,
    }
    const given = Object.entries(parameters).flatMap(([name, value]) =>
      value === null ? [] : [[name, value] as const],
    )
    return `${this.hub.url}/oauth/authorize?${new URLSearchParams(Object.fromEntries(given)).toString()}`
  }

  /** The person's way through the browser, up to the client's own address, which is then opened. */
  async logIn(
    change: Record<string, string | null> = {},
    browser = new Browser(),
  ): Promise<Redirected> {
    const visited = await browser.follow(this.authorizeUrl(change), (url) =>
      url.startsWith(`${this.redirectUri}?`),
    )
    const url = visited.at(-1) ?? ''
    const redirected = this.redirectedTo(url)
    await fetch(url)
    return redirected
  }

  redirectedTo(url: string): Redirected {
    if (!url.startsWith(`${this.redirectUri}?`)) throw new Error(`the login ended at ${url}`)
    const query = new URL(url).searchParams
    const code = query.get('code')
    // The canary looks for it when the hub stops.
    if (code !== null) this.hub.tokens.push(code)
    return {
      url,
      code,
      state: query.get('state'),
      iss: query.get('iss'),
      error: query.get('error'),
    }
  }

  /** POST /token for a code. */
  redeem(
    code: string | null,
    change: Record<string, string | null> = {},
    headers: Record<string, string> = {},
  ): Promise<Answer<TokenBody>> {
    return this.token(
      {
        grant_type: 'authorization_code',
        code,
        redirect_uri: this.redirectUri,
        client_id: 'desktop',
        code_verifier: this.verifier,
        ...change,
      },
      headers,
    )
  }

  refresh(
    refreshToken: string,
    change: Record<string, string | null> = {},
    headers: Record<string, string> = {},
  ): Promise<Answer<TokenBody>> {
    const parameters = { grant_type: 'refresh_token', refresh_token: refreshToken }
    return this.token({ ...parameters, client_id: 'desktop', ...change }, headers)
  }

  token(
    parameters: Record<string, string | null>,
    headers: Record<string, string> = {},
  ): Promise<Answer<TokenBody>> {
    return postForm<TokenBody>(this.hub, '/token', parameters, headers)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections()
    await new Promise((resolve) => this.server.close(resolve))
  }
}

/** A form, as OAuth clients send it. Tokens in the answer are looked for when the hub stops. */
export async function postForm<Body = any>(
  hub: TestHub,
  path: string,
  fields: Record<string, string | null>,
  headers: Record<string, string> = {},
): Promise<Answer<Body>> {
  const given = Object.entries(fields).flatMap(([name, value]) =>
    value === null ? [] : [[name, value] as const],
  )
  const answer = await hub.fetch('POST', path, {
    body: new URLSearchParams(Object.fromEntries(given)).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
  })
  for (const name of ['access_token', 'refresh_token', 'device_code', 'user_code']) {
    const secret: unknown = answer.body?.[name]
    if (typeof secret === 'string') hub.tokens.push(secret)
  }
  return answer
}

/** A whole login with its tokens: a person with a session of the desktop client. */
export async function logInAsDesktop(hub: TestHub, browser = new Browser()): Promise<TokenBody> {
  await using client = await OAuthClient.listen(hub)
  const { code } = await client.logIn({}, browser)
  const { status, body } = await client.redeem(code)
  if (status !== 200) throw new Error(`POST /token: ${JSON.stringify(body)}`)
  return body
}

/** A node of somebody who logged in so, with an open socket. */
export async function connectAs(hub: TestHub, tokens: TokenBody): Promise<TestNode> {
  const person = {
    accountId: (await hub.fetch('GET', '/users/me', { token: tokens.access_token })).body.id,
    accessToken: tokens.access_token,
    refreshToken: tokens.refresh_token,
  }
  const node = new TestNode(hub, person, selfSigned())
  await node.register()
  await node.connect()
  return node
}

export interface StubbedHub extends AsyncDisposable {
  readonly hub: TestHub
  readonly stub: OAuthStub
}

/** A hub with providers that run here, and no limits in the way. */
export async function startWithStub(env: Record<string, string> = {}): Promise<StubbedHub> {
  const stub = await OAuthStub.start()
  const hub = await startHub({ env: { ...stub.env, RATE_LIMIT_ENABLED: 'false', ...env } })
  return {
    hub,
    stub,
    async [Symbol.asyncDispose]() {
      await hub[Symbol.asyncDispose]()
      await stub[Symbol.asyncDispose]()
    },
  }
}
