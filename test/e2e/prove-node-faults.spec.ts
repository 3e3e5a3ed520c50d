import { generateKeyPairSync } from 'node:crypto'

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'

import { freePort } from '../support/free-port.js'
import { startHub, type TestHub } from '../support/hub.js'
import { KeyFiles, ownerOf, pkcs8, proveAs, proveNode } from '../support/prove-node.js'
import { poolKey, selfSigned } from '../support/x509.js'

let hub: TestHub

beforeAll(async () => {
  hub = await startHub({ env: { RATE_LIMIT_ENABLED: 'false' } })
})

afterAll(() => hub[Symbol.asyncDispose]())

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

    const { code, err } = await proveAs(node, new KeyFiles(node.identity))

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
