import { generateKeyPairSync } from 'node:crypto'

import { describe, expect, it } from '@jest/globals'

import { SessionWatch } from '../../src/signaling/session-watch.js'
import { NodeSightings } from '../../src/tokens/node-sightings.js'
import { expectError } from '../support/error-oracle.js'
import { startHub, type TestHub } from '../support/hub.js'
import { refresh } from '../support/sessions.js'
import { TestNode } from '../support/test-node.js'
import { makeNodeKey, selfSigned } from '../support/x509.js'

const STRANGER = `dpc-node-${'0'.repeat(32)}`

describe('the nodes of an account', () => {
  it('are listed, the last registered first, each with its key and how it stands', async () => {
    await using hub = await startHub()
    const desktop = await hub.connectNode()
    const key = generateKeyPairSync('ed25519').privateKey
    const phone = await hub.provenNode({ key, accountId: desktop.accountId })
    await hub.provenNode()

    const { status, body } = await desktop.fetch('GET', '/nodes')

    expect(status).toBe(200)
    expect(body.nodes).toEqual([
      expect.objectContaining({ node_id: phone.id, proven: true, key: 'ed25519', online: false }),
      {
        node_id: desktop.id,
        spki_sha256: desktop.identity.spkiSha256,
        proven: false,
        label: null,
        registered_at: expect.stringMatching(/^20\d\d-.*Z$/),
        last_seen_at: null,
        certificate_expires_at: expect.stringMatching(/^20\d\d-.*Z$/),
        key: 'rsa-2048',
        online: true,
      },
    ])
  })

  it('are none at first', async () => {
    await using hub = await startHub()
    const { accessToken: token } = await hub.signIn()

    expect(await hub.fetch('GET', '/nodes', { token })).toMatchObject({
      status: 200,
      body: { nodes: [] },
    })
  })

  it('say when the certificate ends', async () => {
    await using hub = await startHub()
    const notAfter = new Date('2031-05-06T07:08:09.000Z')
    const node = await hub.registeredNode({ notAfter })

    const { body } = await node.fetch('GET', '/nodes')

    expect(body.nodes[0].certificate_expires_at).toBe(notAfter.toISOString())
  })

  it('are each found with the one profile of their person', async () => {
    await using hub = await startHub()
    const desktop = await hub.registeredNode()
    const laptop = await hub.provenNode({ accountId: desktop.accountId })
    await desktop.fetch('PUT', '/profile', { name: 'Ada' })
    const stranger = await hub.registeredNode()

    for (const { identity } of [desktop, laptop]) {
      const { status, body } = await stranger.fetch('GET', `/profile/${identity.nodeId}`)
      expect([status, body.name]).toEqual([200, 'Ada'])
    }
  })

  it('have sessions of their own: one logs out, the other stays', async () => {
    await using hub = await startHub()
    const desktop = await hub.connectNode()
    const laptop = await hub.provenNode({ accountId: desktop.accountId })
    await laptop.connect()

    await laptop.fetch('POST', '/logout')

    expect((await laptop.closed).code).toBe(4501)
    expect(await desktop.socket.settled()).toEqual([])
  })
})

describe('the hour a node was last heard of', () => {
  const seen = async (node: TestNode) => {
    await node.hub.app.get(NodeSightings).write()
    const { accessToken: token } = await node.hub.signIn(node.accountId)
    return (await node.hub.fetch('GET', '/nodes', { token })).body.nodes[0].last_seen_at
  }
  const hourOf = (hub: TestHub) => {
    const date = new Date(hub.clock.now())
    date.setUTCMinutes(0, 0, 0)
    return date.toISOString()
  }

  /** Ten past an hour: no test runs into the next one. */
  async function startAtTenPast(): Promise<TestHub> {
    const hub = await startHub()
    const past = (hub.clock.now() % 3_600_000) / 1_000
    hub.clock.advance({ seconds: 3_600 - past + 600 })
    return hub
  }

  it('is that in which it asked, refreshed or connected; never finer', async () => {
    await using hub = await startAtTenPast()
    const node = await hub.registeredNode()
    expect(await seen(node)).toBeNull()

    await node.connect()
    expect(await seen(node)).toBe(hourOf(hub))
    await node.disconnect()
    hub.clock.advance({ minutes: 61 })
    expect(await seen(node)).not.toBe(hourOf(hub))
    expect(await refresh(hub, node.person.refreshToken)).toBe(200)
    expect(await seen(node)).toBe(hourOf(hub))
    const rows = await hub.database.query<{ is_hour: boolean }>(
      `SELECT last_seen_on = date_trunc('hour', last_seen_on) AS is_hour FROM nodes`,
    )
    expect(rows).toEqual([{ is_hour: true }])
  })

  it('goes on while it is connected, without a request of its own', async () => {
    await using hub = await startAtTenPast()
    const node = await hub.connectNode()
    hub.clock.advance({ minutes: 180 })

    await hub.app.get(SessionWatch).look()

    expect(await seen(node)).toBe(hourOf(hub))
  })

  it('is written once an hour, however often the node asks', async () => {
    await using hub = await startAtTenPast()
    const node = await hub.registeredNode()
    const write = () => hub.app.get(NodeSightings).write()
    const versions = () => hub.database.query('SELECT xmin::text FROM nodes')
    await node.fetch('GET', '/users/me')
    await write()
    const once = await versions()

    for (let round = 0; round < 3; round++) {
      hub.clock.advance({ seconds: 3 })
      await node.fetch('GET', '/users/me')
      await write()
    }

    expect(await versions()).toEqual(once)
  })
})

describe('a label', () => {
  it('is given, changed and taken off, under either form of the id', async () => {
    await using hub = await startHub()
    const node = await hub.registeredNode()
    const short = node.id.slice(0, 'dpc-node-'.length + 16)
    const label = async () => (await node.fetch('GET', '/nodes')).body.nodes[0].label

    const named = await node.fetch('PATCH', `/nodes/${node.id}`, { label: 'Schreibtisch 🖥️' })
    expect(named).toMatchObject({ status: 200, body: { label: 'Schreibtisch 🖥️' } })
    expect(await label()).toBe('Schreibtisch 🖥️')
    await node.fetch('PATCH', `/nodes/${short}`, { label: 'x'.repeat(64) })
    expect(await label()).toBe('x'.repeat(64))
    await node.fetch('PATCH', `/nodes/${node.id}`, { label: null })
    expect(await label()).toBeNull()
  })

  it('is for its owner alone', async () => {
    await using hub = await startHub()
    const node = await hub.provenNode()
    await node.fetch('PATCH', `/nodes/${node.id}`, { label: 'Laptop' })
    await node.fetch('PUT', '/profile', { name: 'Ada', expertise: { python: 3 } })
    const stranger = await hub.registeredNode()

    for (const path of [
      `/nodes/${node.id}/certificate`,
      `/profile/${node.id}`,
      '/discovery/search?q=python',
    ]) {
      const { status, body } = await stranger.fetch('GET', path)
      expect([status, JSON.stringify(body)]).toEqual([200, expect.not.stringContaining('Laptop')])
    }
  })

  it.each([
    [{}],
    [{ label: 7 }],
    [{ label: '' }],
    [{ label: 'x'.repeat(65) }],
    [{ label: 'a\u0007' }],
  ])('is refused as %j', async (body) => {
    await using hub = await startHub()
    const node = await hub.registeredNode()

    expectError(await node.fetch('PATCH', `/nodes/${node.id}`, body), 400, 'invalid_request')
  })
})

describe('the certificate of a node', () => {
  it('is told to any account, under either form of the id', async () => {
    await using hub = await startHub()
    const node = await hub.provenNode()
    const stranger = await hub.signIn()

    for (const id of [node.id, node.id.slice(0, 'dpc-node-'.length + 16)]) {
      const path = `/nodes/${id}/certificate`
      const { status, body } = await hub.fetch('GET', path, { token: stranger.accessToken })
      expect([status, body]).toEqual([
        200,
        {
          node_id: node.id,
          spki_sha256: node.identity.spkiSha256,
          certificate: node.identity.certificatePem,
          proven: true,
        },
      ])
    }
  })

  it('says when nobody has proven the key', async () => {
    await using hub = await startHub()
    const node = await hub.registeredNode()

    expect((await node.fetch('GET', `/nodes/${node.id}/certificate`)).body.proven).toBe(false)
  })
})

describe('a node of somebody else, and one that nobody has', () => {
  it('are the same to whoever would change them: node_not_found', async () => {
    await using hub = await startHub()
    const [node, other] = [await hub.connectNode(), await hub.registeredNode()]

    for (const id of [node.id, STRANGER]) {
      const answers = [
        await other.fetch('PATCH', `/nodes/${id}`, { label: 'x' }),
        await other.fetch('DELETE', `/nodes/${id}`),
      ]
      for (const answer of answers) expectError(answer, 404, 'node_not_found')
    }
    expect(await node.socket.settled()).toEqual([])
    expectError(await other.fetch('GET', `/nodes/${STRANGER}/certificate`), 404, 'node_not_found')
  })

  it.each(['dpc-node-123', 'DPC-NODE-0123456789abcdef', 'x'])('%s is no id', async (id) => {
    await using hub = await startHub()
    const { accessToken: token } = await hub.signIn()

    const answers = [
      await hub.fetch('DELETE', `/nodes/${id}`, { token }),
      await hub.fetch('GET', `/nodes/${id}/certificate`, { token }),
    ]

    for (const answer of answers) expectError(answer, 400, 'invalid_request')
  })
})

describe('a renewed certificate of the same key', () => {
  it.each(['proven', 'unproven'])(
    'keeps a node that is %s, its label and its socket',
    async (how) => {
      await using hub = await startHub()
      const key = makeNodeKey()
      const node =
        how === 'proven' ? await hub.provenNode({ key }) : await hub.registeredNode({ key })
      await node.fetch('PATCH', `/nodes/${node.id}`, { label: 'Laptop' })
      await node.connect()
      const notAfter = new Date('2040-01-01T00:00:00.000Z')
      const renewed = new TestNode(hub, node.person, selfSigned({ key, notAfter }))

      await renewed.register()

      const { body } = await node.fetch('GET', '/nodes')
      expect(body.nodes).toMatchObject([
        {
          proven: how === 'proven',
          label: 'Laptop',
          certificate_expires_at: notAfter.toISOString(),
          online: true,
        },
      ])
      expect(await node.socket.settled()).toEqual([])
    },
  )
})
