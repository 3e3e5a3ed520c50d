import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { chmodSync, copyFileSync, mkdirSync } from 'node:fs'

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'

import { startHub, type TestHub } from '../support/hub.js'
import { KeyFiles, ownerOf, pkcs8, proveAs, proveNode } from '../support/prove-node.js'
import { poolKey, selfSigned } from '../support/x509.js'

const p256 = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
const ed25519 = () => generateKeyPairSync('ed25519').privateKey
const pem = (key: KeyObject, type: 'pkcs1' | 'sec1') =>
  key.export({ type, format: 'pem' }).toString()

let hub: TestHub

beforeAll(async () => {
  hub = await startHub({ env: { RATE_LIMIT_ENABLED: 'false' } })
})

afterAll(() => hub[Symbol.asyncDispose]())

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

    const { code, out, err } = await proveAs(node, new KeyFiles(node.identity, write(key)))

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

    const good = await proveAs(node, files, ['--passphrase-file', passphrase])
    const without = await proveAs(node, files)
    files.write('passphrase', 'wrong horse')
    const wrong = await proveAs(node, files, ['--passphrase-file', passphrase])

    expect([good.code, without.code, wrong.code]).toEqual([0, 2, 2])
    expect(without.err).toContain('is encrypted')
    expect(wrong.err).toContain('does not open with this passphrase')
    expect(good.out + good.err + wrong.err).not.toMatch(/horse/)
  })

  it('gives a node that was the account’s already its proof, and a label', async () => {
    const node = await hub.registeredNode({ key: poolKey(8) })

    const { code, out } = await proveAs(node, new KeyFiles(node.identity), ['--label', 'Laptop'])

    expect([code, out]).toEqual([0, expect.stringContaining('It was your account’s before')])
    const { body } = await node.fetch('GET', '/nodes')
    expect(body.nodes).toMatchObject([{ proven: true, label: 'Laptop' }])
  })

  it('takes the id that the certificate names, in the short form too', async () => {
    const node = await hub.nodeOf(selfSigned({ key: p256(), idLength: 16 }))

    const { code, out } = await proveAs(node, new KeyFiles(node.identity))

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

    const refused = await proveAs(young, files)
    expect(refused.code).toBe(1)
    expect(refused.err).toContain('(node_taken, request ')
    expect(refused.err).toContain('--transfer')
    expect((await proveAs(young, files, ['--transfer'])).code).toBe(0)
    expect(await ownerOf(hub, old.identity)).toEqual([young.accountId, true])
  })

  it('warns when others can read the key', async () => {
    const node = await hub.nodeOf(selfSigned({ key: ed25519() }))
    const files = new KeyFiles(node.identity)
    chmodSync(files.key, 0o644)

    const { code, err } = await proveAs(node, files)

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
