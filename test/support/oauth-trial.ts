import type {
  Changes,
  Expected,
  OAuthCase,
  SentProof,
  Stage,
  Step,
  Who,
} from '../corpus/generate/oauth/oauth-case.js'
import { Browser, type Page } from './browser.js'
import type { ProvenRequest } from './dpop.js'
import type { Answer } from './hub.js'
import { checkAnswer, checkError, checkHeaders, verdictOfBody } from './oauth-verdict.js'
import { OAuthWords } from './oauth-words.js'
import { type OAuthWorld, PEOPLE } from './oauth-world.js'
import { sendRaw } from './raw-http.js'
import { sessionIdOf } from './sessions.js'

const PATHS = {
  redeem: '/token',
  refresh: '/token',
  'refresh classic': '/refresh',
  introspect: '/oauth/introspect',
  revoke: '/oauth/revoke',
} as const

type Post = Extract<Step, { do: keyof typeof PATHS }>
type Visit = Extract<Step, { do: 'begin' | 'return' }>

/** One case of the OAuth corpus against a running hub: two people, their browsers and their logins. */
export class OAuthTrial {
  private readonly words: OAuthWords
  private readonly callbacks: Record<Who, string> = { mine: '', other: '' }
  private readonly browsers: Record<Who, Browser> = { mine: new Browser(), other: new Browser() }
  private readonly proofs = new Map<string, string>()

  constructor(
    private readonly world: OAuthWorld,
    private readonly each: OAuthCase,
  ) {
    this.words = new OAuthWords(world.hub.url, world.thumbprints)
  }

  async verdict(): Promise<Expected> {
    const { mine = 'new', other = 'new', then = [], request } = this.each.input
    await this.bring('mine', mine)
    await this.bring('other', other)
    this.misbehave()
    for (const step of then) await this.run(step)
    const verdict = await this.run(request)
    if (this.each.expect.session === undefined || verdict === null) return verdict ?? { status: 0 }
    return { ...verdict, session: await this.sessionOf('mine') }
  }

  /** All of it well. */
  private async bring(who: Who, stage: Stage): Promise<void> {
    const login = who
    const { begun_with: query = {}, bound_to: key } = who === 'mine' ? this.each.input : {}
    const steps: Step[] = [
      { do: 'begin', login, browser: login, query },
      { do: 'return', login, browser: login },
      { do: 'redeem', login, ...(key === undefined ? {} : { proof: { key } }) },
    ]
    const count = ['new', 'begun', 'returned', 'redeemed'].indexOf(stage)
    for (const step of steps.slice(0, count)) {
      const verdict = await this.run(step)
      if (!verdict || verdict.status >= 400 || verdict.error !== undefined)
        throw new Error(`${step.do}: ${JSON.stringify(verdict)}`)
    }
    // What others bring back from the provider may be stolen from them.
    if (who === 'other' && stage === 'begun') await this.visitProvider(who)
  }

  private misbehave(): void {
    const { provider } = this.each.input
    if (!provider || !this.world.stub) return
    if ('at' in provider) this.world.stub.faults.set(provider.at, provider.fault)
    else this.world.stub.pageFault = provider.page
  }

  private async run(step: Step): Promise<Expected | null> {
    switch (step.do) {
      case 'begin':
      case 'return':
        return this.visit(step)
      case 'ask':
        return this.ask(step)
      case 'wait':
        this.world.hub.clock.advance({ seconds: step.seconds })
        return null
      case 'clear the cookies':
        this.browsers.mine.clearCookies()
        return null
      default:
        return this.post(step)
    }
  }

  private async visit(step: Visit): Promise<Expected> {
    const { login = 'mine', browser = 'mine', method = 'GET', headers = {} } = step
    const url =
      step.do === 'begin' ? this.authorizeUrl(step, login) : await this.callbackUrl(step, login)
    const page = await this.browser(browser).open(url, { method, headers })
    if (step.do === 'begin' && page.location !== null) this.callbacks[login] = page.location
    return this.verdictOf(page, login)
  }

  private browser(name: Visit['browser']): Browser {
    if (name === 'mine' || name === 'other') return this.browsers[name]
    const browser = new Browser()
    if (name === 'with a cookie of its own choice')
      browser.setCookie(this.world.hub.url, 'hub_login', 'A'.repeat(43))
    return browser
  }

  private authorizeUrl(step: Extract<Step, { do: 'begin' }>, login: Who): string {
    const isClassic = this.each.input.door === 'classic' && login === 'mine'
    const path = step.path ?? (isClassic ? '/login/github' : '/oauth/authorize')
    const { redirect_uri, state, challenge } = this.words.logins[login]
    const usual: Changes = isClassic
      ? {}
      : {
          response_type: 'code',
          client_id: 'desktop',
          redirect_uri: redirect_uri ?? '',
          state: state ?? '',
          code_challenge: challenge ?? '',
          code_challenge_method: 'S256',
          provider: 'github',
        }
    const query = this.words.formOf({ ...usual, ...step.query })
    this.words.note(login, query)
    return `${this.world.hub.url}${path}?${query.toString()}${this.words.fill(step.more ?? '')}`
  }

  /** The address the provider sends the browser back to; it is asked for it when that is first needed. */
  private async callbackUrl(step: Extract<Step, { do: 'return' }>, login: Who): Promise<string> {
    const words = this.words.logins[login]
    const provider = step.provider ?? 'github'
    if (words.callback_state === undefined && this.callbacks[login] !== '') {
      await this.visitProvider(login)
    }
    const { callback_state: state = '', callback_code: code = null } = words
    const query = this.words.formOf({ ...this.providersAnswer(login, state, code), ...step.query })
    const path = `/auth/${provider}/callback`
    return `${this.world.hub.url}${path}?${query.toString()}${this.words.fill(step.more ?? '')}`
  }

  private providersAnswer(login: Who, state: string, code: string | null): Changes {
    const { callback_error: error } = this.words.logins[login]
    return { state, code, ...(error === undefined ? {} : { error }) }
  }

  private async visitProvider(login: Who): Promise<void> {
    if (this.world.stub) this.world.stub.person = PEOPLE[login]
    const { location } = await this.browsers[login].open(this.callbacks[login])
    const { searchParams } = new URL(location ?? this.callbacks[login])
    for (const name of ['state', 'code', 'error']) {
      const value = searchParams.get(name)
      if (value !== null) this.words.logins[login][`callback_${name}`] = value
    }
  }

  private async post(step: Post): Promise<Expected> {
    const { login = 'mine', as = 'form' } = step
    const isForm = as === 'form' && step.do !== 'refresh classic'
    const body = { ...this.usualBody(step.do, login), ...step.body }
    const text = isForm
      ? this.words.formOf(body).toString()
      : JSON.stringify(this.words.objectOf(body))
    const usual = {
      'content-type': isForm ? 'application/x-www-form-urlencoded' : 'application/json',
      ...(step.do === 'introspect' || step.do === 'revoke'
        ? { authorization: `Bearer ${this.words.logins.mine.access_token ?? ''}` }
        : {}),
    }
    const answer = await sendRaw(this.world.hub, {
      method: 'POST',
      path: PATHS[step.do],
      headers: {
        ...this.words.objectOf({ ...usual, ...step.headers }),
        ...(await this.proofHeader(step.proof, {
          method: 'POST',
          path: PATHS[step.do],
          token: null,
        })),
      },
      body: step.text ?? text,
    })
    this.keepTokens(step.do, login, answer)
    checkError(answer, step.do === 'refresh classic' ? 'ours' : 'of OAuth')
    return verdictOfBody(answer)
  }

  private usualBody(name: Post['do'], login: Who): Changes {
    const words = this.words.logins[login]
    const { code = '', redirect_uri = '', verifier = '', refresh_token = '' } = words
    switch (name) {
      case 'redeem':
        return {
          grant_type: 'authorization_code',
          code,
          redirect_uri,
          client_id: 'desktop',
          code_verifier: verifier,
        }
      case 'refresh':
        return { grant_type: 'refresh_token', refresh_token, client_id: 'desktop' }
      case 'refresh classic':
        return { refresh_token }
      default:
        return { token: words.access_token ?? '' }
    }
  }

  private keepTokens(name: Post['do'], login: Who, { status, body }: Answer): void {
    if (status !== 200 || typeof body?.access_token !== 'string') return
    this.world.hub.tokens.push(body.access_token, body.refresh_token)
    const words = this.words.logins[login]
    if (name === 'redeem') {
      words.access_token = body.access_token
      words.refresh_token = body.refresh_token
    } else {
      words.new_refresh_token = body.refresh_token
    }
  }

  private async ask({ login = 'mine', proof }: Extract<Step, { do: 'ask' }>): Promise<Expected> {
    const token = this.words.logins[login].access_token ?? ''
    const path = '/users/me'
    const scheme = proof ? 'DPoP' : 'Bearer'
    const answer = await sendRaw(this.world.hub, {
      method: 'GET',
      path,
      headers: {
        authorization: `${scheme} ${token}`,
        ...(await this.proofHeader(proof, { method: 'GET', path, token })),
      },
    })
    checkError(answer, 'ours')
    return verdictOfBody(answer)
  }

  private async proofHeader(
    sent: SentProof | undefined,
    request: ProvenRequest,
  ): Promise<Record<string, string>> {
    if (!sent) return {}
    const { again = '', text = '{proof}' } = sent
    const proof = this.proofs.get(again) ?? (await this.world.proof(sent, request))
    if (again !== '') this.proofs.set(again, proof)
    return { dpop: this.words.fill(text).replaceAll('{proof}', proof) }
  }

  private async sessionOf(who: Who): Promise<'live' | 'over'> {
    const [row] = await this.world.hub.database.query<{ is_over: boolean }>(
      'SELECT revoked_at IS NOT NULL AS is_over FROM sessions WHERE id = $1',
      [sessionIdOf(this.words.logins[who].access_token ?? '')],
    )
    return row?.is_over === false ? 'live' : 'over'
  }

  private verdictOf(page: Page, login: Who): Expected {
    checkHeaders(page)
    const { status, location } = page
    if (location !== null) return { status, ...this.destinationOf(location, login) }
    const type = page.headers['content-type'] ?? ''
    if (type.startsWith('text/html')) return { status, to: 'page' }
    return verdictOfBody({ status, body: page.body === '' ? {} : JSON.parse(page.body) })
  }

  private destinationOf(location: string, login: Who): Omit<Expected, 'status'> {
    const words = this.words.logins[login]
    const { searchParams: query, hash } = new URL(location)
    if (this.world.stub && location.startsWith(`${this.world.stub.url}/`)) return { to: 'provider' }
    const error = query.get('error')
    const told = error === null ? {} : { error }
    if (location.startsWith('http://127.0.0.1:8080/callback?')) {
      for (const name of ['access_token', 'refresh_token']) {
        const token = query.get(name)
        if (token !== null) this.world.hub.tokens.push(token)
      }
      return { to: 'classic client', ...told }
    }
    if (location.startsWith(`${words.redirect_uri}?`)) {
      checkAnswer(query, hash, { iss: this.world.hub.url, state: words.state ?? '' })
      const code = query.get('code')
      if (code !== null) {
        words.code = code
        this.world.hub.tokens.push(code)
      }
      return { to: 'client', ...told }
    }
    if (location.startsWith(`${this.world.hub.url}/`)) return { to: 'hub' }
    throw new Error(`redirected to ${location}`)
  }
}
