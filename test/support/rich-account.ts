import { generateKeyPairSync, randomBytes } from 'node:crypto'

import { Browser } from './browser.js'
import { askForCodes, DevicePerson, linksOf, stateIn } from './device.js'
import type { Answer, SignedIn, TestHub } from './hub.js'
import { logIn } from './login.js'
import { type SentChallenge, signText } from './node-proof.js'
import { logInAsDesktop, OAuthClient } from './oauth-client.js'
import type { OAuthStub, StubPerson } from './oauth-stub.js'
import { oneTimePrekeys, publication } from './prekeys.js'
import { loginOf, TestNode } from './test-node.js'
import { selfSigned } from './x509.js'

/** Something of an account in every table that can hold it, each by the way it really gets there. */
export interface RichAccount {
  readonly accountId: number
  readonly email: string
  /** Of its providers: Google, then GitHub. */
  readonly subjects: readonly string[]
  /** A session of a desktop client, fresh. */
  readonly owner: SignedIn
  /** Proven, with prekeys and a session of its own. */
  readonly node: TestNode
  /** Whatever the hub has given out that somebody could log in with, and that is still good. */
  readonly credentials: Credentials
}

export interface Credentials {
  readonly accessTokens: readonly string[]
  readonly refreshTokens: readonly string[]
  /** With what belongs to it. */
  readonly authorizationCode: {
    readonly code: string
    readonly verifier: string
    readonly redirectUri: string
  }
  /** Approved, and not yet come for. */
  readonly deviceCode: string
  /** Of a device that nobody has approved. */
  readonly pending: { readonly deviceCode: string; readonly userCode: string }
  /** A login at a provider, gone to and not come back from: its address there, and the browser. */
  readonly callback: { readonly url: string; readonly cookie: string }
  /** A page that asks whether a device may come in, and the browser it is shown in. */
  readonly confirmation: { readonly state: string; readonly cookie: string }
  /** For the socket of the node, not yet opened. */
  readonly socketTicket: string
  /** For POST /nodes and for POST /auth/node/verify, signed and not yet sent. */
  readonly proof: Readonly<Record<string, unknown>>
  readonly nodeLogin: Readonly<Record<string, unknown>>
}

/** One person at both providers, who both vouch for the address. */
function personNamed(name: string): { person: StubPerson; email: string; subjects: string[] } {
  const email = `${name}@gmail.com`
  const [sub, id] = [randomId(), randomId()]
  const mail = { email, primary: true, verified: true }
  return {
    email,
    subjects: [String(sub), String(id)],
    person: {
      google: { sub: String(sub), email, email_verified: true },
      github: { id, login: name, email: null },
      emails: [mail],
    },
  }
}

function randomId(): number {
  return randomBytes(6).readUIntBE(0, 6)
}

/** @param stub the providers of `hub`, which has no limits in the way */
export async function makeRichAccount(
  hub: TestHub,
  stub: OAuthStub,
  name = 'canary-dora',
): Promise<RichAccount> {
  const { person, email, subjects } = personNamed(name)
  stub.person = person
  for (const provider of ['google', 'github'] as const) await logIn(hub, provider)
  const tokens = await logInAsDesktop(hub)
  const { body: me } = await hub.fetch('GET', '/users/me', { token: tokens.access_token })
  const accountId: number = me.id
  const owner: SignedIn = {
    accountId,
    accessToken: tokens.access_token,
    refreshToken: tokens.refresh_token,
  }
  const node = await makeNode(hub, owner)
  await makeProfile(hub, owner, name)
  const byKey = await hub.fetch('POST', '/auth/node/verify', {
    body: loginOf(hub, node.identity, await loginChallenge(hub)),
  })
  expectStatus(byKey, 200)
  hub.tokens.push(byKey.body.access_token, byKey.body.refresh_token)
  const ticket = await hub.fetch('POST', '/ws/ticket', { token: byKey.body.access_token })
  expectStatus(ticket, 201)
  hub.tokens.push(ticket.body.ticket)
  const codes = await makeCodes(hub)
  const challenge = await node.challenge()
  hub.tokens.push(challenge.challenge_id)
  return {
    accountId,
    email,
    subjects,
    owner,
    node,
    credentials: {
      accessTokens: [owner.accessToken, byKey.body.access_token],
      refreshTokens: [owner.refreshToken, byKey.body.refresh_token],
      ...codes,
      socketTicket: ticket.body.ticket,
      proof: node.proofOf(challenge),
      nodeLogin: loginOf(hub, node.identity, await loginChallenge(hub)),
    },
  }
}

/** A proven node with prekeys, and others as nodes may come to stand. */
async function makeNode(hub: TestHub, owner: SignedIn): Promise<TestNode> {
  const [node, classic, released, former] = [0, 1, 2, 3].map(
    () => new TestNode(hub, owner, selfSigned()),
  )
  if (!node || !classic || !released || !former) throw new Error('four nodes')
  for (const each of [released, former, node]) {
    expectStatus(await each.prove({ label: 'canary-label' }), 201)
  }
  expectStatus(await released.fetch('DELETE', `/nodes/${released.id}`), 204)
  await classic.register()
  const keys = publication(node.identity.privateKey, oneTimePrekeys(3))
  expectStatus(await node.fetch('PUT', `/nodes/${node.id}/keys`, keys), 200)
  expectStatus(await rotate(former, true), 200)
  expectStatus(await rotate(node, false), 202)
  return node
}

/** Asks for a new key: at once, as the old one signs it, or in 72 hours. */
async function rotate(node: TestNode, isSigned: boolean): Promise<Answer> {
  const next = selfSigned({ key: generateKeyPairSync('ed25519').privateKey })
  const { hub, accountId, identity: old } = node
  const sent = await node.challenge()
  hub.tokens.push(sent.challenge_id)
  const { nodeId, spkiSha256, certificatePem: certificate, privateKey } = next
  const { challenge_id, signature } = node.proofOf(sent, { nodeId, spkiSha256 }, privateKey)
  const lines = ['dpc-hub node-rotation v1', hub.url, accountId, old.nodeId, old.spkiSha256]
  lines.push(nodeId, spkiSha256, sent.challenge, sent.expires_at)
  const continuity = { continuity_signature: signText(old.privateKey, lines.join('\n')) }
  const body = { certificate, challenge_id, signature, ...(isSigned ? continuity : {}) }
  return node.fetch('POST', `/nodes/${node.id}/rotate`, body)
}

async function makeProfile(hub: TestHub, { accessToken }: SignedIn, name: string): Promise<void> {
  const body = {
    name,
    description: `${name} says something`,
    expertise: { [`${name}-skill`]: 4, python: 2 },
    compute: { note: name },
    p2p_uri_hint: `dpc://${name}`,
  }
  expectStatus(await hub.fetch('PUT', '/profile', { token: accessToken, body }), 200)
}

/** Codes and logins under way, of every kind, each left where it is still good. */
async function makeCodes(
  hub: TestHub,
): Promise<
  Pick<Credentials, 'authorizationCode' | 'deviceCode' | 'pending' | 'callback' | 'confirmation'>
> {
  await using client = await OAuthClient.listen(hub)
  const { code } = await client.logIn()
  const approved = await askForCodes(hub)
  const approving = await askAtDevicePage(hub, approved.user_code)
  await approving.person.send('/device/confirm', { state: approving.state, decision: 'approve' })
  const asked = await askAtDevicePage(hub, (await askForCodes(hub)).user_code)
  const waiting = await askForCodes(hub)
  return {
    authorizationCode: {
      code: code ?? '',
      verifier: client.verifier,
      redirectUri: client.redirectUri,
    },
    deviceCode: approved.device_code,
    pending: { deviceCode: waiting.device_code, userCode: waiting.user_code },
    callback: await goToProvider(hub),
    confirmation: { state: asked.state, cookie: cookieOf(hub, asked.person.browser) },
  }
}

/** Types a code and logs in; the page then asks whether the device may come in. */
async function askAtDevicePage(
  hub: TestHub,
  userCode: string,
): Promise<{ person: DevicePerson; state: string }> {
  const person = new DevicePerson(hub)
  const [link = ''] = linksOf(await person.type(userCode)).filter((url) => url.includes('google'))
  const visited = await person.browser.follow(link)
  const state = stateIn(await person.open(visited.at(-1) ?? ''))
  hub.tokens.push(state)
  return { person, state }
}

/** A classic login as far as the provider's answer, which the browser has not brought to the hub. */
async function goToProvider(hub: TestHub): Promise<Credentials['callback']> {
  const browser = new Browser()
  const visited = await browser.follow(`${hub.url}/login/google`, (url) =>
    new URL(url).pathname.endsWith('/callback'),
  )
  const url = visited.at(-1) ?? ''
  hub.tokens.push(new URL(url).searchParams.get('state') ?? '')
  return { url, cookie: cookieOf(hub, browser) }
}

function cookieOf(hub: TestHub, browser: Browser): string {
  const secret = browser.cookies(hub.url).hub_login
  if (secret === undefined) throw new Error('the browser has no cookie of the hub')
  hub.tokens.push(secret)
  return `hub_login=${secret}`
}

async function loginChallenge(hub: TestHub): Promise<SentChallenge> {
  const answer = await hub.fetch('POST', '/auth/node/challenge')
  expectStatus(answer, 201)
  hub.tokens.push(answer.body.challenge_id)
  return answer.body
}

function expectStatus({ status, body }: Answer, expected: number): void {
  if (status !== expected) throw new Error(`${status}: ${JSON.stringify(body)}`)
}
