import { randomBytes } from 'node:crypto'

import { describe, expect, it } from '@jest/globals'

import { searchAnswer } from '../../src/discovery/discovery.schema.js'
import { expectError } from '../support/error-oracle.js'
import { startHub, type TestHub } from '../support/hub.js'
import { findNames, publish, searchFor } from '../support/people.js'
import type { TestNode } from '../support/test-node.js'
import { until } from '../support/until.js'

const unlimited = { env: { RATE_LIMIT_ENABLED: 'false' } }

const DAY_SECONDS = 86_400

/** Limits are on, and only that of people found is near. */
const fewAreShown = {
  env: {
    RATE_LIMIT_FOUND_PER_DAY: '50',
    RATE_LIMIT_SEARCH: '1000',
    RATE_LIMIT_PER_MINUTE: '1000',
  },
}

const profile = {
  name: 'Ada Lovelace',
  description: 'Lives in Porto',
  expertise: { Falconry: 4 },
  languages: ['pt'],
}

/** Every way in which the profile could be found. */
async function waysToFind(hub: TestHub, token: string): Promise<string[]> {
  const searches: Record<string, string>[] = [
    { q: 'falconry' },
    { q: 'falconri' },
    { q: 'lovelace' },
    { q: 'falconry', sort: 'relevance' },
    { q: 'lovelace', sort: 'recent' },
    { q: 'porto', language: 'pt' },
    { q: 'people in porto, falconry', sort: 'level' },
    { skills: 'falconry' },
    { skills: 'falconry:4', sort: 'recent' },
  ]
  const found: string[] = []
  for (const parameters of searches) {
    const { body } = await searchFor(hub, token, parameters)
    if (searchAnswer.parse(body).total > 0) found.push(JSON.stringify(parameters))
  }
  return found
}

/** An answer as it stands on the wire, without what is another each time. */
async function wireOf(hub: TestHub, token: string, nodeId: string): Promise<unknown> {
  const response = await fetch(`${hub.origin}/profile/${nodeId}`, {
    headers: { authorization: `Bearer ${token}` },
  })
  const requestId = response.headers.get('x-request-id') ?? ''
  const headers = [...response.headers].filter(
    ([name]) => !/^date$|request-id|ratelimit/.test(name),
  )
  return [response.status, headers, (await response.text()).replace(requestId, '')]
}

async function shownTo(hub: TestHub, token: string, node: TestNode): Promise<number> {
  return (await hub.fetch('GET', `/profile/${node.id}`, { token })).status
}

describe('a hidden profile', () => {
  it('is in no search, and there for its owner alone', async () => {
    await using hub = await startHub(unlimited)
    const [owner, other] = [await hub.registeredNode(), await hub.signIn()]
    await owner.fetch('PUT', '/profile', profile)
    expect(await waysToFind(hub, other.accessToken)).toHaveLength(9)

    const hidden = await owner.fetch('PUT', '/profile', { ...profile, visibility: 'hidden' })

    expect(hidden).toMatchObject({ status: 200, body: { visibility: 'hidden' } })
    expect(await waysToFind(hub, other.accessToken)).toEqual([])
    expect(await waysToFind(hub, owner.token)).toEqual([])
    expect(await shownTo(hub, other.accessToken, owner)).toBe(404)
    expect((await owner.fetch('GET', '/profile')).body).toEqual(hidden.body)
    expect((await owner.fetch('GET', '/users/me')).body.profile.visibility).toBe('hidden')
    const own = await owner.fetch('GET', `/profile/${owner.id}`)
    expect(own).toMatchObject({ status: 200, body: profile })
  })

  it('answers as a node that nobody has registered, byte for byte', async () => {
    await using hub = await startHub(unlimited)
    const [owner, other] = [await hub.provenNode(), await hub.signIn()]
    await owner.fetch('PUT', '/profile', { ...profile, visibility: 'hidden' })
    const [unknown, silent] = [
      `dpc-node-${randomBytes(16).toString('hex')}`,
      await hub.connectNode(),
    ]

    const wire = (nodeId: string) => wireOf(hub, other.accessToken, nodeId)

    const expected = await wire(unknown)
    expect(expected).toEqual([404, expect.any(Array), expect.stringContaining('profile_not_found')])
    expect(await wire(owner.id)).toEqual(expected)
    expect(await wire(owner.id.slice(0, 'dpc-node-'.length + 16))).toEqual(expected)
    expect(await wire(silent.id)).toEqual(expected)
  })

  it('stays hidden when a client that does not know of that publishes it, and is shown at once', async () => {
    await using hub = await startHub(unlimited)
    const [owner, other] = [await hub.registeredNode(), await hub.signIn()]
    await owner.fetch('PUT', '/profile', { ...profile, visibility: 'hidden' })

    const again = await owner.fetch('PUT', '/profile', { ...profile, languages: undefined })
    expect(again.body.visibility).toBe('hidden')
    expect(await waysToFind(hub, other.accessToken)).toEqual([])

    const shown = await owner.fetch('PUT', '/profile', { ...profile, visibility: 'hub' })
    expect(shown.body).not.toHaveProperty('visibility')
    expect(await waysToFind(hub, other.accessToken)).toHaveLength(9)
    expect(await shownTo(hub, other.accessToken, owner)).toBe(200)
  })

  it('may be hidden from its first moment', async () => {
    await using hub = await startHub(unlimited)
    const [owner, other] = [await hub.registeredNode(), await hub.signIn()]
    await owner.fetch('PUT', '/profile', { ...profile, visibility: 'hidden' })
    await hub.registeredNode({ accountId: owner.accountId })

    expect(await waysToFind(hub, other.accessToken)).toEqual([])
  })

  it('does not count among those who have a skill', async () => {
    await using hub = await startHub(unlimited)
    const owner = await hub.registeredNode()
    await owner.fetch('PUT', '/profile', profile)
    for (let count = 0; count < 4; count++) await publish(hub, profile)
    const { accessToken: token } = await hub.signIn()
    const suggested = async (): Promise<unknown> =>
      (await hub.fetch('GET', '/discovery/skills?prefix=falc', { token })).body.skills.length
    await until(async () => (await suggested()) === 1)

    await owner.fetch('PUT', '/profile', { ...profile, visibility: 'hidden' })
    await until(async () => (await suggested()) === 0)
    await owner.fetch('PUT', '/profile', { ...profile, visibility: 'hub' })
    await until(async () => (await suggested()) === 1)
  })
})

describe('an account', () => {
  it('is shown so many different people a day, and those again', async () => {
    await using hub = await startHub(fewAreShown)
    for (let count = 0; count < 60; count++) {
      await publish(hub, { name: `p${count}`, expertise: { Weaving: 3, [`Loom ${count}`]: 1 } })
    }
    const [reader, other] = [await hub.signIn(), await hub.signIn()]
    const page = (token: string, cursor: string | null) =>
      searchFor(hub, token, { skills: 'weaving', limit: '10', ...(cursor ? { cursor } : {}) })
    const shown: string[] = []
    const cursors: (string | null)[] = [null]
    for (let count = 0; count < 5; count++) {
      const { status, body } = await page(reader.accessToken, cursors.at(-1) ?? null)
      expect(status).toBe(200)
      for (const { name } of body.results) shown.push(name)
      cursors.push(body.next_cursor)
    }

    const refused = await page(reader.accessToken, cursors.at(-1) ?? null)

    expectError(refused, 429, 'found_limit')
    expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(DAY_SECONDS)
    const unseen = Array.from({ length: 60 }, (_, at) => `p${at}`).find(
      (name) => !shown.includes(name),
    )
    const loomOf = (name = '') => ({ q: `loom ${name.slice(1)}` })
    expectError(await searchFor(hub, reader.accessToken, loomOf(unseen)), 429, 'found_limit')
    expect((await searchFor(hub, reader.accessToken, loomOf(shown[0]))).body.total).toBe(1)
    for (const cursor of cursors.slice(0, 5)) {
      expect((await page(reader.accessToken, cursor)).status).toBe(200)
    }
    expect((await searchFor(hub, reader.accessToken, { q: 'beekeeping' })).status).toBe(200)
    expect((await searchFor(hub, other.accessToken, loomOf(unseen))).status).toBe(200)

    hub.clock.advance({ seconds: DAY_SECONDS - ((hub.clock.now() / 1_000) % DAY_SECONDS) + 1 })
    const { accessToken: tomorrow } = await hub.signIn(reader.accountId)
    expect((await searchFor(hub, tomorrow, loomOf(unseen))).status).toBe(200)
  })

  it('is found as long as it has a node', async () => {
    await using hub = await startHub(unlimited)
    const [owner, other] = [await hub.registeredNode(), await hub.signIn()]
    await owner.fetch('PUT', '/profile', profile)
    expect(await waysToFind(hub, other.accessToken)).toHaveLength(9)

    expect((await owner.fetch('DELETE', `/nodes/${owner.id}`)).status).toBe(204)
    expect(await waysToFind(hub, other.accessToken)).toEqual([])

    // The dictionary may have forgotten the skill meanwhile, and learns it again a little later.
    await hub.registeredNode({ accountId: owner.accountId })
    expect(await findNames(hub, other.accessToken, { q: 'lovelace' })).toEqual([profile.name])
    await until(async () => (await waysToFind(hub, other.accessToken)).length === 9)
    expect((await owner.fetch('DELETE', '/profile')).status).toBe(204)
    expect(await waysToFind(hub, other.accessToken)).toEqual([])
  })

  it('that published before it had a node is found with the first', async () => {
    await using hub = await startHub(unlimited)
    const [owner, other] = [await hub.signIn(), await hub.signIn()]
    await hub.fetch('PUT', '/profile', { token: owner.accessToken, body: profile })
    expect(await waysToFind(hub, other.accessToken)).toEqual([])

    await hub.registeredNode({ accountId: owner.accountId })

    expect(await findNames(hub, other.accessToken, { q: 'lovelace' })).toEqual([profile.name])
    await until(async () => (await waysToFind(hub, other.accessToken)).length === 9)
  })

  it('that proves its node comes before others who are as good', async () => {
    await using hub = await startHub(unlimited)
    const [first, second] = [await hub.registeredNode(), await hub.registeredNode()]
    await first.fetch('PUT', '/profile', { ...profile, name: 'first' })
    hub.clock.advance({ seconds: 1 })
    await second.fetch('PUT', '/profile', { ...profile, name: 'second' })
    const found = async (parameters: Record<string, string>): Promise<unknown[]> => {
      const { body } = await searchFor(hub, first.token, parameters)
      return body.results.map((each: { name: string; proven: boolean }) => [each.name, each.proven])
    }
    const searches: Record<string, string>[] = [
      { skills: 'falconry' },
      { q: 'falconry', limit: '5' },
    ]
    const before = [
      ['second', false],
      ['first', false],
    ]
    for (const parameters of searches) expect(await found(parameters)).toEqual(before)

    expect((await first.prove()).status).toBe(200)

    const after = [
      ['first', true],
      ['second', false],
    ]
    for (const parameters of searches) expect(await found(parameters)).toEqual(after)
  })
})
