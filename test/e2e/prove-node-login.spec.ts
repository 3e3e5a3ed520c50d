import { generateKeyPairSync } from 'node:crypto'

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'

import { Browser } from '../support/browser.js'
import { ClassicClient } from '../support/classic-client.js'
import { startHub, type TestHub } from '../support/hub.js'
import { MovedTime } from '../support/moved-time.js'
import { KeyFiles, type Outcome, ownerOf, proveNode } from '../support/prove-node.js'
import { poolKey, selfSigned } from '../support/x509.js'

const ed25519 = () => generateKeyPairSync('ed25519').privateKey

let hub: TestHub

beforeAll(async () => {
  hub = await startHub({ env: { RATE_LIMIT_ENABLED: 'false' } })
})

afterAll(() => hub[Symbol.asyncDispose]())

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
