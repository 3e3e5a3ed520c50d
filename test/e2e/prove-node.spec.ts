import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { chmodSync, copyFileSync, mkdirSync } from 'node:fs'

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'

import { Browser } from '../support/browser.js'
import { ClassicClient } from '../support/classic-client.js'
import { freePort } from '../support/free-port.js'
import { startHub, type TestHub } from '../support/hub.js'
import { MovedTime } from '../support/moved-time.js'
import { KeyFiles, type Outcome, pkcs8, proveNode } from '../support/prove-node.js'
import type { TestNode } from '../support/test-node.js'
import { poolKey, selfSigned, type SelfSigned } from '../support/x509.js'

const p256 = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
const ed25519 = () => generateKeyPairSync('ed25519').privateKey
const pem = (key: KeyObject, type: 'pkcs1' | 'sec1') =>
  key.export({ type, format: 'pem' }).toString()

/** Whose the node is, and whether it is proven. */
async function ownerOf(
  hub: TestHub,
  { spkiSha256 }: SelfSigned,
): Promise<[number, boolean] | null> {
  const [row] = await hub.database.query<{ account_id: string; proven: boolean }>(
    'SELECT account_id, proven_at IS NOT NULL AS proven FROM nodes WHERE spki_sha256 = $1',
    [spkiSha256],
  )
  return row ? [Number(row.account_id), row.proven] : null
}

let hub: TestHub

beforeAll(async () => {
  hub = await startHub({ env: { RATE_LIMIT_ENABLED: 'false' } })
})

afterAll(() => hub[Symbol.asyncDispose]())

/** Runs the tool with the node's files and its person's token in a file. */
async function run(node: TestNode, files: KeyFiles, args: string[] = []): Promise<Outcome> {
  files.write('token', `${node.token}\n`)
  return proveNode({
    args: ['--hub', hub.url, ...files.args, '--token-file', files.token, ...args],
  })
}

describe('tools/prove-node', () => {
  it.each<[string, () => KeyObject, (key: KeyObject) => string]>([
    ['an RSA key in PKCS#8', () => poolKey(0), (key) => pkcs8(key)],
    ['an RSA key in PKCS#1', () => poolKey(1), (key) => pem(key, 'pkcs1')],
    ['a P-256 key in PKCS#8', p256, (key) => pkcs8(key)],
    ['a P-256 key in SEC 1', p256, (key) => pem(key, 'sec1')],
    ['an Ed25519 key in PKCS#8', ed25519, (key) => pkcs8(key)],
  ])('proves %s, and says plainly what happened', async (_what, make, write) => {
    const key = make()
    const node = await hub.nodeOf(selfSigned({ key }))

    const { code, out, err } = await run(node, new KeyFiles(node.identity, write(key)))

    expect([code, err]).toEqual([0, ''])
    expect(out).toContain(`Proven: ${node.id} belongs to your account.`)
    expect(out).toContain('It was not your account’s before.')
    expect(out).toContain(node.identity.spkiSha256)
    expect(await ownerOf(hub, node.identity)).toEqual([node.accountId, true])
  })

  it.each([
    ['PKCS#8', (key: KeyObject) => pkcs8(key, 'correct horse')],
    [
      'PKCS#1',
      (key: KeyObject) =>
        key
          .export({
            type: 'pkcs1',
            format: 'pem',
            cipher: 'aes-256-cbc',
            passphrase: 'correct horse',
          })
          .toString(),
    ],
  ])('opens an encrypted key (%s) with the passphrase from a file', async (form, write) => {
    const key = form === 'PKCS#8' ? poolKey(2) : poolKey(3)
    const node = await hub.nodeOf(selfSigned({ key }))
    const files = new KeyFiles(node.identity, write(key))
    const passphrase = files.write('passphrase', 'correct horse\n')

    const good = await run(node, files, ['--passphrase-file', passphrase])
    const without = await run(node, files)
    files.write('passphrase', 'wrong horse')
    const wrong = await run(node, files, ['--passphrase-file', passphrase])

    expect([good.code, without.code, wrong.code]).toEqual([0, 2, 2])
    expect(without.err).toContain('is encrypted')
    expect(wrong.err).toContain('does not open with this passphrase')
    expect(good.out + good.err + wrong.err).not.toMatch(/horse/)
  })

  it('gives a node that was the account’s already its proof, and a label', async () => {
    const node = await hub.registeredNode({ key: poolKey(8) })

    const { code, out } = await run(node, new KeyFiles(node.identity), ['--label', 'Laptop'])

    expect([code, out]).toEqual([0, expect.stringContaining('It was your account’s before')])
    const { body } = await node.fetch('GET', '/nodes')
    expect(body.nodes).toMatchObject([{ proven: true, label: 'Laptop' }])
  })

  it('takes the id that the certificate names, in the short form too', async () => {
    const node = await hub.nodeOf(selfSigned({ key: p256(), idLength: 16 }))

    const { code, out } = await run(node, new KeyFiles(node.identity))

    expect([code, out]).toEqual([0, expect.stringContaining(`Proven: ${node.id} belongs`)])
  })

  it.each([
    ['the environment', (token: string) => ({ args: [], env: { DPC_HUB_TOKEN: token } })],
    ['standard input', (token: string) => ({ args: [], input: `${token}\n` })],
    ['the command line', (token: string) => ({ args: ['--token', token] })],
  ])('takes the token from %s, and never prints it', async (where, give) => {
    const node = await hub.nodeOf(selfSigned({ key: ed25519() }))
    const files = new KeyFiles(node.identity)
    const { args, ...rest } = give(node.token)

    const { code, out, err } = await proveNode({
      args: ['--hub', hub.url, ...files.args, ...args],
      ...rest,
    })

    expect(code).toBe(0)
    expect(err.includes('can be read by other programs')).toBe(where === 'the command line')
    expect(out + err).not.toContain(node.token)
  })

  it('moves a node from another account that has proven it only with --transfer', async () => {
    const old = await hub.provenNode({ key: p256() })
    const young = await hub.nodeOf(old.identity)
    const files = new KeyFiles(old.identity)

    const refused = await run(young, files)
    expect(refused.code).toBe(1)
    expect(refused.err).toContain('(node_taken, request ')
    expect(refused.err).toContain('--transfer')
    expect((await run(young, files, ['--transfer'])).code).toBe(0)
    expect(await ownerOf(hub, old.identity)).toEqual([young.accountId, true])
  })

  it('warns when others can read the key', async () => {
    const node = await hub.nodeOf(selfSigned({ key: ed25519() }))
    const files = new KeyFiles(node.identity)
    chmodSync(files.key, 0o644)

    const { code, err } = await run(node, files)

    expect([code, err]).toEqual([0, expect.stringContaining('chmod 600')])
  })

  it('finds key and certificate where the desktop client keeps them', async () => {
    const node = await hub.nodeOf(selfSigned({ key: ed25519() }))
    const files = new KeyFiles(node.identity)
    mkdirSync(`${files.folder}/.dpc`)
    copyFileSync(files.key, `${files.folder}/.dpc/node.key`)
    copyFileSync(files.certificate, `${files.folder}/.dpc/node.crt`)

    const { code } = await proveNode({
      args: ['--hub', hub.url],
      env: { HOME: files.folder, DPC_HUB_TOKEN: node.token },
    })

    expect(code).toBe(0)
  })

  it('tells how it is used', async () => {
    const { code, out } = await proveNode({ args: ['--help'] })

    expect(code).toBe(0)
    for (const option of ['--hub', '--key', '--cert', '--login', '--transfer', 'Ends with 0']) {
      expect(out).toContain(option)
    }
  })
})

describe('tools/prove-node says what is wrong and what to do', () => {
  const identity = selfSigned({ key: poolKey(4) })
  const other = selfSigned({ key: poolKey(5) })

  it.each<[string, number, RegExp, (files: KeyFiles) => string[]]>([
    ['no --hub', 2, /--hub is missing[^]*--hub https:/, ({ args }) => args],
    ['a hub that is no address', 2, /is no address/, ({ args }) => ['--hub', 'hub', ...args]],
    [
      'a hub with a path',
      2,
      /more than the hub’s own address[^]*Give https:\/\/hub\.example/,
      ({ args }) => ['--hub', 'https://hub.example/api/v1', ...args],
    ],
    [
      'a hub elsewhere without encryption',
      2,
      /not encrypted[^]*--allow-http/,
      ({ args }) => ['--hub', 'http://hub.example', ...args],
    ],
    ['an option that is not there', 2, /--prove[^]*--help/, () => ['--prove']],
    [
      'two tokens',
      2,
      /cannot stand together/,
      ({ args }) => ['--hub', hub.url, ...args, '--token', 'x', '--login'],
    ],
    [
      'no key',
      2,
      /the private key at .* is not there[^]*--key/,
      ({ certificate }) => ['--hub', hub.url, '--key', '/nowhere', '--cert', certificate],
    ],
    [
      'the certificate for a key',
      2,
      /holds no private key[^]*this one is public/,
      ({ certificate }) => ['--hub', hub.url, '--key', certificate, '--cert', certificate],
    ],
    [
      'a key of another type',
      2,
      /ec secp384r1[^]*P-256, or Ed25519/,
      (files) => {
        const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' })
        return ['--hub', hub.url, '--key', files.write('p384', pkcs8(privateKey))]
      },
    ],
    [
      'half a key',
      2,
      /cannot be read as a private key[^]*whole/,
      (files) => {
        const half = pkcs8(identity.privateKey).replace(/\n.{64}\n/, '\n')
        return ['--hub', hub.url, '--key', files.write('half', half), '--cert', files.certificate]
      },
    ],
    [
      'no certificate: how to make one',
      2,
      new RegExp(
        `openssl req -x509 -new -key "[^"]+" -subj "/CN=${identity.nodeId}" -days 3650 -sha256`,
      ),
      ({ key }) => ['--hub', hub.url, '--key', key, '--cert', '/tmp/nowhere.crt'],
    ],
    [
      'a certificate of another key',
      2,
      /the certificate of another key/,
      (files) => {
        const file = files.write('other.crt', other.certificatePem)
        return ['--hub', hub.url, '--key', files.key, '--cert', file]
      },
    ],
    [
      'a certificate of another node',
      2,
      /names my laptop as its CN[^]*openssl req/,
      (files) => {
        const { certificatePem } = selfSigned({ key: identity.privateKey, commonName: 'my laptop' })
        const file = files.write('named.crt', certificatePem)
        return ['--hub', hub.url, '--key', files.key, '--cert', file]
      },
    ],
    ['no token', 3, /must know who you are[^]*--login/, ({ args }) => ['--hub', hub.url, ...args]],
    [
      'a token that is no good',
      3,
      /invalid_token[^]*log in again, or use --login/,
      ({ args }) => ['--hub', hub.url, ...args, '--token', 'abc'],
    ],
  ])('%s', async (_what, exitCode, said, args) => {
    const { code, out, err } = await proveNode({ args: args(new KeyFiles(identity)) })

    expect([code, err]).toEqual([exitCode, expect.stringMatching(said)])
    expect(out).not.toContain('Proven')
    expect(await ownerOf(hub, identity)).toBeNull()
  })

  it('a hub that is not there', async () => {
    const origin = `http://127.0.0.1:${await freePort()}`
    const { args } = new KeyFiles(identity)

    const { code, err } = await proveNode({ args: ['--hub', origin, ...args, '--token', 'x'] })

    expect([code, err]).toEqual([4, expect.stringContaining('ECONNREFUSED')])
  })

  it('a certificate that the hub refuses, in the hub’s words', async () => {
    const key = poolKey(6)
    const node = await hub.nodeOf(selfSigned({ key, notAfter: new Date(Date.now() - 1_000) }))

    const { code, err } = await run(node, new KeyFiles(node.identity))

    expect([code, err]).toEqual([1, expect.stringContaining('certificate_expired')])
    expect(err).toContain('the key stays')
  })

  it('a hub that goes by another address: a proof would be for the wrong one', async () => {
    await using elsewhere = await startHub({ env: { PUBLIC_URL: 'https://hub.example' } })
    const { accessToken } = await elsewhere.signIn()
    const origin = elsewhere.origin

    const { code, err } = await proveNode({
      args: ['--hub', origin, ...new KeyFiles(identity).args, '--token', accessToken],
    })

    expect([code, err]).toEqual([2, expect.stringContaining('use --hub https://hub.example')])
  })

  it('a hub that has had enough for now', async () => {
    await using strict = await startHub({ env: { RATE_LIMIT_REGISTER: '1' } })
    const node = await strict.nodeOf(identity)
    const files = new KeyFiles(identity)
    const prove = () => proveNode({ args: ['--hub', strict.url, ...files.args], input: node.token })

    expect((await prove()).code).toBe(0)
    const { code, err } = await prove()

    expect([code, err]).toEqual([4, expect.stringMatching(/Try again in \d+ seconds/)])
  })
})

describe('tools/prove-node --login', () => {
  /** The person's browser: the development page of the hub, then wherever it leads. */
  async function visit(url: string, email: string, decision = 'allow'): Promise<void> {
    const browser = new Browser()
    const { location: page } = await browser.open(url)
    const decided = await browser.open(page ?? '', { form: { email, decision } })
    const visited = await browser.follow(
      decided.location ?? '',
      (at) => at.includes('/callback?') && !at.startsWith(hub.url),
    )
    await browser.open(visited.at(-1) ?? '')
  }

  /** Runs it with a browser that opens what is printed. */
  function logIn(files: KeyFiles, open: (url: string) => Promise<void>): Promise<Outcome> {
    let isOpened = false
    return proveNode({
      args: ['--hub', hub.url, ...files.args, '--login', '--no-browser', '--provider', 'github'],
      onErr: (text) => {
        const url = /^ {2}(http\S+)\n/m.exec(text)?.[1]
        if (url === undefined || isOpened) return
        isOpened = true
        void open(url)
      },
    })
  }

  it('gives an unmodified desktop client whose id was squatted its node back, for good', async () => {
    const identity = selfSigned({ key: poolKey(7) })
    const squatter = await hub.nodeOf(identity)
    await squatter.register()
    await squatter.connect()
    const time = new MovedTime(hub.clock)
    await using client = new ClassicClient({
      hub: hub.url,
      identity,
      time,
      noteToken: (token) => hub.tokens.push(token),
      browser: async (url, where) => {
        const browser = new Browser(where)
        const { location: page } = await browser.open(url)
        const form = { email: 'owner@example.com', decision: 'allow' }
        const decided = await browser.open(page ?? '', { form })
        const visited = await browser.follow(decided.location ?? '')
        await browser.open(visited.at(-1) ?? '')
      },
    })
    await client.login()
    expect(client.printed.join()).toContain('is registered to another account')
    expect(client.state).toBe('offline')

    const { code, out, err } = await logIn(new KeyFiles(identity), (url) =>
      visit(url, 'owner@example.com'),
    )

    expect([code, out]).toEqual([0, expect.stringContaining(`Proven: ${identity.nodeId}`)])
    expect(err).not.toContain('Error')
    expect((await squatter.closed).code).toBe(4502)
    await client.login()
    expect(client.state).toBe('online')
    const peer = await hub.connectNode({ key: poolKey(9) })
    const { body } = await peer.fetch('GET', `/nodes/${identity.nodeId}/certificate`)
    expect(body.proven).toBe(true)
    client.signal(peer.id, { type: 'offer' })
    expect(await peer.next()).toMatchObject({ sender_node_id: identity.nodeId })
  })

  it('leaves no session behind', async () => {
    const identity = selfSigned({ key: ed25519() })
    const { code } = await logIn(new KeyFiles(identity), (url) => visit(url, 'tidy@example.com'))

    const [owner] = (await ownerOf(hub, identity)) ?? []
    const live = await hub.database.query(
      'SELECT client FROM sessions WHERE account_id = $1 AND revoked_at IS NULL',
      [owner],
    )
    expect([code, live]).toEqual([0, []])
  })

  it('whose person declines proves nothing', async () => {
    const identity = selfSigned({ key: ed25519() })

    const { code, err } = await logIn(new KeyFiles(identity), (url) =>
      visit(url, 'shy@example.com', 'deny'),
    )

    expect([code, err]).toEqual([3, expect.stringContaining('the login failed')])
    expect(await ownerOf(hub, identity)).toBeNull()
  })

  it('believes no answer that is not of its own login', async () => {
    const identity = selfSigned({ key: ed25519() })

    const { code } = await logIn(new KeyFiles(identity), async (url) => {
      const back = new URL(new URL(url).searchParams.get('redirect_uri') ?? '')
      for (const query of ['code=a&state=b', `code=a&iss=${encodeURIComponent(hub.url)}`, '']) {
        back.search = query
        expect((await fetch(back)).status).toBe(404)
      }
      await visit(url, 'careful@example.com')
    })

    expect(code).toBe(0)
  })
})
