import { corpusKey } from '../corpus/generate/case.js'
import type { SentProof, Who } from '../corpus/generate/oauth/oauth-case.js'
import { dpopProof, type ProvenRequest, thumbprint } from './dpop.js'
import type { TestHub } from './hub.js'
import { alice, type OAuthStub, type StubPerson } from './oauth-stub.js'
import type { Words } from './oauth-words.js'
import { poolKey } from './x509.js'

/** The keys that proofs are made with, by the names that cases use; published here. */
const KEYS = new Map([
  ['p-256', corpusKey('ec-prime256v1')],
  ['ed25519', corpusKey('ed25519')],
  ['rsa-2048', poolKey(0)],
])

/** Who sits before the browser. */
export const PEOPLE: Record<Who, StubPerson> = {
  mine: alice,
  other: {
    github: { id: 4_711 },
    emails: [{ email: 'bob@example.org', primary: true, verified: true }],
  },
}

/** What the cases of the OAuth corpus at one hub share. */
export class OAuthWorld {
  private constructor(
    readonly hub: TestHub,
    /** Null where no provider is set up. */
    readonly stub: OAuthStub | null,
    readonly thumbprints: Readonly<Words>,
  ) {}

  static async of(hub: TestHub, stub: OAuthStub | null): Promise<OAuthWorld> {
    const thumbprints: Words = {}
    for (const [name, key] of KEYS) thumbprints[name] = await thumbprint(key)
    return new OAuthWorld(hub, stub, thumbprints)
  }

  async proof(sent: SentProof, request: ProvenRequest): Promise<string> {
    const { key: name, method, path, slow = 0, nonce } = sent
    const key = KEYS.get(name)
    if (!key) throw new Error(`there is no key ${name}`)
    return dpopProof(this.hub, key, {
      method: method ?? request.method,
      path: path ?? request.path,
      token: request.token,
      secondsSlow: slow,
      nonce: nonce === 'of this hub' ? await this.nonce() : nonce && 'made-up',
    })
  }

  /** What the hub sends to a client whose clock is wrong (RFC 9449 §8). */
  private async nonce(): Promise<string | undefined> {
    const slow = await this.proof(
      { key: 'p-256', slow: 3_600 },
      { method: 'POST', path: '/token', token: null },
    )
    const { headers } = await this.hub.fetch('POST', '/token', {
      body: { grant_type: 'refresh_token', refresh_token: 'x' },
      headers: { dpop: slow },
    })
    return headers.get('dpop-nonce') ?? undefined
  }
}
