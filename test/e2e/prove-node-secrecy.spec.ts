import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

import { describe, expect, it } from '@jest/globals'

import { startHub } from '../support/hub.js'
import { KeyFiles, ownerOf, pkcs8, proveAs } from '../support/prove-node.js'
import { ed25519 } from '../support/node-rotation.js'
import { type SelfSigned } from '../support/x509.js'

/** Stands before a hub and keeps every word that is said to it. */
class Eavesdropper implements AsyncDisposable {
  readonly heard: string[] = []
  /** Where the hub really is. */
  target = ''

  private constructor(private readonly server: Server) {
    server.on('request', (request, response) => {
      void (async () => {
        const body = await text(request)
        const { method = 'GET', url = '/', rawHeaders } = request
        this.heard.push([method, url, ...rawHeaders, body].join('\n'))
        const { authorization = '', 'content-type': type = '' } = request.headers
        const answer = await fetch(this.target + url, {
          method,
          headers: { authorization, ...(type === '' ? {} : { 'content-type': type }) },
          ...(body === '' ? {} : { body }),
        })
        response.writeHead(answer.status, { 'content-type': 'application/json' })
        response.end(await answer.text())
      })().catch(() => response.destroy())
    })
  }

  static async listen(): Promise<Eavesdropper> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new Eavesdropper(server)
  }

  get url(): string {
    const { port } = this.server.address() as AddressInfo
    return `http://127.0.0.1:${port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections()
    await new Promise((resolve) => this.server.close(resolve))
  }
}

/** Orders in which programs put the two into one file. */
const COMBINED: readonly [string, (key: string, certificate: string) => string][] = [
  ['key first', (key, certificate) => key + certificate],
  ['certificate first', (key, certificate) => certificate + key],
  [
    'words of their own around both',
    (key, certificate) => `subject=me\n${certificate}\nmy key:\n${key}\n`,
  ],
]

/** What of a key would be enough to be the node. */
function secretsOf({ privateKey }: SelfSigned): string[] {
  const lines = pkcs8(privateKey).split('\n')
  return ['PRIVATE KEY', ...lines.filter((line) => line !== '' && !line.startsWith('-----'))]
}

describe('tools/prove-node with key and certificate in one file', () => {
  it.each(COMBINED)(
    'sends the certificate and nothing of the key (%s)',
    async (_order, combine) => {
      await using wire = await Eavesdropper.listen()
      await using hub = await startHub({ env: { PUBLIC_URL: wire.url } })
      wire.target = hub.origin
      const node = await hub.nodeOf(ed25519())
      const { identity } = node
      const files = new KeyFiles(identity)
      const both = files.write(
        'both.pem',
        combine(pkcs8(identity.privateKey), identity.certificatePem),
      )

      const { code, err } = await proveAs(node, files, ['--key', both, '--cert', both])

      expect([code, err]).toEqual([0, ''])
      expect(readFileSync(both, 'utf8')).toContain('PRIVATE KEY')
      expect(await ownerOf(hub, identity)).toEqual([node.accountId, true])
      const said = wire.heard.join('\n')
      expect(said).toContain('POST\n/nodes\n')
      expect(said).toContain('BEGIN CERTIFICATE')
      for (const secret of secretsOf(identity)) expect(said).not.toContain(secret)
    },
  )
})
