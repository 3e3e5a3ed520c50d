import { describe, expect, it } from '@jest/globals'

import { exportAnswer } from '../../src/profiles/me.schema.js'
import { nodeProfileAnswer, ownProfileAnswer } from '../../src/profiles/profiles.schema.js'
import { expectError } from '../support/error-oracle.js'
import { startHub, type TestHub } from '../support/hub.js'
import { searchFor } from '../support/people.js'

const unlimited = { env: { RATE_LIMIT_ENABLED: 'false' } }

const CLASSIC_FIELDS = [
  ...['name', 'description', 'expertise', 'compute', 'p2p_uri_hint', 'user_id', 'updated_at'],
]

const classic = {
  name: 'Ada',
  description: 'engines',
  expertise: { Python: 5 },
  compute: { models: ['llama-3'] },
  p2p_uri_hint: 'dpc://10.0.0.1:8888',
}

const modern = {
  languages: ['en', 'pt-BR'],
  availability: 'Weekday evenings, UTC+1',
  links: ['https://example.org/~ada', 'https://git.example.org/ada?tab=repos'],
}

/** PUT /profile by one person, again and again. */
async function publisher(hub: TestHub) {
  const { accessToken: token } = await hub.signIn()
  return (fields: Record<string, unknown>) =>
    hub.fetch('PUT', '/profile', { token, body: { name: 'Ada', ...fields } })
}

describe('languages, availability and links of a profile', () => {
  it('are answered as they were published, to the owner and to others', async () => {
    await using hub = await startHub()
    const [owner, other] = [await hub.registeredNode(), await hub.signIn()]

    const put = await owner.fetch('PUT', '/profile', { ...classic, ...modern })

    expect(ownProfileAnswer.parse(put.body)).toMatchObject({ ...classic, ...modern })
    expect((await owner.fetch('GET', '/profile')).body).toEqual(put.body)
    expect((await owner.fetch('GET', '/users/me')).body.profile).toEqual(put.body)
    const seen = await hub.fetch('GET', `/profile/${owner.id}`, { token: other.accessToken })
    expect(nodeProfileAnswer.parse(seen.body)).toMatchObject(put.body)
    expect(seen.body).not.toHaveProperty('visibility')
  })

  it('are not in the answer of who has none: that is as classic clients know it', async () => {
    await using hub = await startHub()
    const [owner, other] = [await hub.registeredNode(), await hub.signIn()]

    const put = await owner.fetch('PUT', '/profile', classic)

    expect(Object.keys(put.body)).toEqual(CLASSIC_FIELDS)
    expect(Object.keys((await owner.fetch('GET', '/profile')).body)).toEqual(CLASSIC_FIELDS)
    const seen = await hub.fetch('GET', `/profile/${owner.id}`, { token: other.accessToken })
    const named = ['node_id', 'proven', 'spki_sha256']
    expect(Object.keys(seen.body).toSorted()).toEqual([...CLASSIC_FIELDS, ...named].toSorted())
    const empty = { languages: [], availability: null, links: [], visibility: 'hub' }
    const same = await owner.fetch('PUT', '/profile', { ...classic, ...empty })
    expect(Object.keys(same.body)).toEqual(CLASSIC_FIELDS)
  })

  it('stay when a client that does not know them publishes the profile', async () => {
    await using hub = await startHub(unlimited)
    const publish = await publisher(hub)
    await publish({ ...modern, visibility: 'hidden', description: 'old', expertise: { Rust: 1 } })

    const { body } = await publish({})

    expect(body).toMatchObject({ ...modern, visibility: 'hidden' })
    expect(body).toMatchObject({ description: null, expertise: {} })
    const { body: partly } = await publish({ languages: ['de'] })
    expect(partly).toMatchObject({ ...modern, languages: ['de'], visibility: 'hidden' })
  })

  it('are emptied by null', async () => {
    await using hub = await startHub(unlimited)
    const publish = await publisher(hub)

    for (const field of ['languages', 'availability', 'links'] as const) {
      await publish(modern)
      const { body } = await publish({ [field]: null })
      const kept = Object.entries(modern).filter(([name]) => name !== field)
      expect(body).toMatchObject(Object.fromEntries(kept))
      expect(body).not.toHaveProperty(field)
    }
  })

  it('are exported', async () => {
    await using hub = await startHub()
    const owner = await hub.registeredNode()
    await owner.fetch('PUT', '/profile', { ...classic, ...modern, visibility: 'hidden' })

    const { tables } = exportAnswer.parse((await owner.fetch('GET', '/me/export')).body)

    expect(tables['profiles']).toMatchObject([{ ...modern, visibility: 'hidden' }])
  })
})

describe('a language', () => {
  it('is written as its tag should be, each once', async () => {
    await using hub = await startHub()
    const publish = await publisher(hub)
    const languages = ['pt-br', 'EN', 'zh-hant-tw', 'en', 'iw', 'de-CH-1996']

    const { body } = await publish({ languages })

    expect(body.languages).toEqual(['pt-BR', 'en', 'zh-Hant-TW', 'he', 'de-CH-1996'])
  })

  it('must be one, in a list of twenty at most', async () => {
    await using hub = await startHub(unlimited)
    const publish = await publisher(hub)
    const twenty = Array.from({ length: 20 }, (_, index) => `en-x-${index}a`)

    expect((await publish({ languages: twenty })).body.languages).toEqual(twenty)
    for (const languages of ['en', { en: 1 }, true, [...twenty, 'de']]) {
      const answer = await publish({ languages })
      expectError(answer, 400, 'invalid_request', JSON.stringify(languages))
      expect(answer.body.issues[0].path).toBe('languages')
    }
    for (const tag of ['', 'e', 'en_US', 'english language', '*', 'de\u0000', 5, null]) {
      const answer = await publish({ languages: ['en', tag] })
      expectError(answer, 400, 'invalid_request', JSON.stringify(tag))
      expect(answer.body.issues[0].path).toBe('languages.1')
    }
  })
})

describe('a link', () => {
  it.each([
    'http://example.org',
    'ftp://example.org',
    'javascript:alert(1)',
    'data:text/html,x',
    'example.org',
    '//example.org',
    'https://',
    'https:///path',
    'https:example.org',
    'https:// example.org',
    ' https://example.org',
    `https://example.org/${'a'.repeat(240)}`,
    '',
    5,
    null,
  ])('is refused where it does not lead to a place by https: %j', async (link) => {
    await using hub = await startHub()
    const publish = await publisher(hub)

    const answer = await publish({ links: ['https://example.org', link] })

    expectError(answer, 400, 'invalid_request')
    expect(answer.body.issues[0].path).toBe('links.1')
  })

  it('is one of ten, each once, as it was typed', async () => {
    await using hub = await startHub(unlimited)
    const publish = await publisher(hub)
    const ten = Array.from({ length: 10 }, (_, index) => `HTTPS://Example.org/${index}?q=ä#x`)

    expect((await publish({ links: ten })).body.links).toEqual(ten)
    const twice = ['https://example.org', 'https://example.org']
    expect((await publish({ links: twice })).body.links).toEqual(['https://example.org'])
    for (const links of [[...ten, 'https://example.org'], 'https://example.org', {}]) {
      const answer = await publish({ links })
      expectError(answer, 400, 'invalid_request')
      expect(answer.body.issues[0].path).toBe('links')
    }
  })
})

describe('other fields', () => {
  it.each<[field: string, values: unknown[]]>([
    ['availability', ['a'.repeat(201), 5, true, ['evenings'], {}]],
    ['visibility', ['public', 'everyone', '', null, true, ['hidden']]],
    [
      'p2p_uri_hint',
      ['http://10.0.0.1', 'https://a.b', 'dpc://', 'dpc:10.0.0.1', 'javascript:0', 'dpc://a\nb'],
    ],
  ])('%s is refused where it is none', async (field, values) => {
    await using hub = await startHub(unlimited)
    const publish = await publisher(hub)

    for (const value of values) {
      const answer = await publish({ [field]: value })
      expectError(answer, 400, 'invalid_request', JSON.stringify(value))
      expect(answer.body.issues[0].path).toBe(field)
    }
  })

  it('are taken whatever they are made of', async () => {
    await using hub = await startHub(unlimited)
    const node = await hub.registeredNode()
    // Characters that are several by the rules of Unicode, and the longest in UTF-8.
    for (const character of [
      '\ufdf2',
      '\ufcf2',
      '\ufdfa',
      '\u{12000}',
      '機',
      "'",
      '\\',
      '\u0301',
    ]) {
      const skill = character.repeat(50)
      const body = {
        name: character.repeat(100),
        description: character.repeat(500),
        expertise: { [skill]: 3 },
        compute: { models: [character.repeat(100)] },
        availability: character.repeat(200),
      }
      const { status } = await node.fetch('PUT', '/profile', body)
      expect([character, status]).toEqual([character, 200])
      const found = await searchFor(hub, node.token, { skills: skill, q: '-nothing' })
      expect([character, found.body.total]).toEqual([character, 1])
    }
  })

  it('are taken or refused, however long', async () => {
    await using hub = await startHub(unlimited)
    const publish = await publisher(hub)
    const long = `en-x-${Array.from({ length: 300 }, () => 'abcdefgh').join('-')}`

    for (const languages of [
      [long],
      Array.from({ length: 10 }, (_, index) => `${long}-${index}`),
    ]) {
      expect([200, 400]).toContain((await publish({ languages })).status)
    }
  })

  it('are taken up to their bounds', async () => {
    await using hub = await startHub()
    const publish = await publisher(hub)
    const fields = {
      availability: '😀'.repeat(200),
      p2p_uri_hint: `DPC://${'a'.repeat(249)}`,
      visibility: 'hidden',
    }

    expect(await publish(fields)).toMatchObject({ status: 200, body: fields })
  })
})
