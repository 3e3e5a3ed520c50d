import { describe, expect, it } from '@jest/globals'

import { meAnswer, profileAnswer } from '../../src/profiles/profiles.schema.js'
import { startHub } from '../support/hub.js'
import { addNode } from '../support/people.js'

const MAX_BODY_BYTES = 32 * 1024

const ada = {
  name: 'Ada',
  description: 'engines',
  expertise: { Python: 5, 'C++': 4, 'машинное обучение': 3, 日本語: 1 },
  compute: { gpus: [{ model: 'H100', vram_gb: 80 }], models: [] },
  p2p_uri_hint: 'dpc://10.0.0.1:8888',
}

const nobody = `dpc-node-${'0'.repeat(32)}`

describe('a profile', () => {
  it('is answered as it was published, to its owner and under both ids of its node', async () => {
    await using hub = await startHub()
    const [owner, other] = [await hub.registeredNode(), await hub.signIn()]

    const put = await owner.fetch('PUT', '/profile', ada)

    expect(put.status).toBe(200)
    expect(profileAnswer.parse(put.body)).toMatchObject({ ...ada, user_id: owner.accountId })
    expect(Math.abs(Date.parse(put.body.updated_at) - hub.clock.now())).toBeLessThan(10_000)
    expect(await owner.fetch('GET', '/profile')).toMatchObject({ status: 200, body: put.body })
    for (const id of [owner.id, owner.id.slice(0, 'dpc-node-'.length + 16)]) {
      const found = await hub.fetch('GET', `/profile/${id}`, { token: other.accessToken })
      expect(found).toMatchObject({ status: 200, body: put.body })
    }
  })

  it('has every field, nulls and empty objects included', async () => {
    await using hub = await startHub()
    const { accessToken: token, accountId } = await hub.signIn()

    const { body } = await hub.fetch('PUT', '/profile', { token, body: { name: ' Bob ' } })

    expect(body).toEqual({
      name: ' Bob ',
      description: null,
      expertise: {},
      compute: {},
      p2p_uri_hint: null,
      user_id: accountId,
      updated_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    })
  })

  it('is replaced whole, in a moment of its own', async () => {
    await using hub = await startHub()
    const { accessToken: token } = await hub.signIn()
    const first = await hub.fetch('PUT', '/profile', { token, body: ada })
    hub.clock.advance({ minutes: 1 })

    const second = { name: 'Ada L.', expertise: { PYTHON: 2, Rust: 1 } }
    const { body } = await hub.fetch('PUT', '/profile', { token, body: second })

    expect(body).toMatchObject({ ...second, description: null, compute: {}, p2p_uri_hint: null })
    expect(Object.keys(body.expertise)).toEqual(['PYTHON', 'Rust'])
    expect(Date.parse(body.updated_at)).toBeGreaterThanOrEqual(
      Date.parse(first.body.updated_at) + 60_000,
    )
    expect(await hub.fetch('GET', '/profile', { token })).toMatchObject({ body })
  })

  it('may name skills after properties that every object has', async () => {
    await using hub = await startHub()
    const { accessToken: token } = await hub.signIn()
    const expertise = '{"__proto__":5,"constructor":4,"toString":3}'
    const body = `{"name":"P","expertise":${expertise},"compute":{"__proto__":{"a":1}}}`

    const put = await hub.fetch('PUT', '/profile', { token, body })
    const got = await hub.fetch('GET', '/profile', { token })

    expect(put.status).toBe(200)
    expect(JSON.stringify(put.body.expertise)).toBe(expertise)
    expect(JSON.stringify(got.body.expertise)).toBe(expertise)
    expect(JSON.stringify(got.body.compute)).toBe('{"__proto__":{"a":1}}')
  })

  it('ignores fields it does not know', async () => {
    await using hub = await startHub()
    const { accessToken: token } = await hub.signIn()

    const { status, body } = await hub.fetch('PUT', '/profile', {
      token,
      body: { ...ada, user_id: 1, avatar: 'x', updated_at: 'never' },
    })

    expect(status).toBe(200)
    expect(profileAnswer.parse(body).user_id).not.toBe(1)
  })

  it('is not found before it is published, nor under a node without one', async () => {
    await using hub = await startHub()
    const { accessToken: token, accountId } = await hub.signIn()
    const silent = await addNode(hub, accountId)

    for (const path of ['/profile', `/profile/${silent}`, `/profile/${nobody}`]) {
      expect(await hub.fetch('GET', path, { token })).toMatchObject({
        status: 404,
        body: { error_code: 'profile_not_found' },
      })
    }
  })

  it('is not looked for under what is no node id', async () => {
    await using hub = await startHub()
    const { accessToken: token } = await hub.signIn()
    const malformed: Record<string, string> = {
      'too short': 'dpc-node-0123456789abcde',
      '17 characters': 'dpc-node-0123456789abcdef0',
      'upper case': 'dpc-node-0123456789ABCDEF',
      'another prefix': 'dpc-room-0123456789abcdef',
      'a line break': 'dpc-node-0123456789abcdef%0A',
      'a NUL': 'dpc-node-0123456789abcdef%00',
      'NUL alone': '%00',
      'an encoded slash': 'dpc-node-0123456789abcde%2F',
      'overlong UTF-8': 'dpc-node-%c0%80',
      'half an escape': 'dpc-node-%0',
      'a LIKE pattern': 'dpc-node-%25',
      SQL: "'%20OR%201=1",
    }
    for (const [what, id] of Object.entries(malformed)) {
      const { status, body } = await hub.fetch('GET', `/profile/${id}`, { token })
      expect([what, status, body.error_code]).toEqual([what, 400, 'invalid_request'])
      expect(JSON.stringify(body).length).toBeLessThan(4_096)
    }
    const { body } = await hub.fetch('GET', '/profile/me', { token })
    expect(body.issues[0].path).toBe('node_id')
  })

  it('is refused with the field at fault', async () => {
    await using hub = await startHub({ env: { RATE_LIMIT_ENABLED: 'false' } })
    const { accessToken: token } = await hub.signIn()
    const faults: [path: string, body: object][] = [
      ['name', { name: '' }],
      ['name', { name: 'n'.repeat(101) }],
      ['name', { name: ['n'] }],
      ['description', { name: 'n', description: '😀'.repeat(501) }],
      ['expertise', { name: 'n', expertise: ['Python'] }],
      ['expertise.Python', { name: 'n', expertise: { Python: 6 } }],
      ['expertise.Python', { name: 'n', expertise: { Python: '5' } }],
      ['expertise.PYTHON', { name: 'n', expertise: { Python: 5, PYTHON: 5 } }],
      ['compute', { name: 'n', compute: 'gpu' }],
      ['compute.cpu', { name: 'n', compute: { cpu: 'a\u0000b' } }],
      ['description', { name: 'n', description: '\ud800' }],
      ['p2p_uri_hint', { name: 'n', p2p_uri_hint: 'a\nb' }],
    ]
    for (const [path, body] of faults) {
      const answer = await hub.fetch('PUT', '/profile', { token, body })
      expect(answer).toMatchObject({ status: 400, body: { error_code: 'invalid_request' } })
      expect(answer.body.issues[0].path).toBe(path)
      expect(answer.body.detail).toContain(path)
    }
    expect(await hub.fetch('GET', '/profile', { token })).toMatchObject({ status: 404 })
  })

  it('is refused when it cannot be read, and nothing is kept', async () => {
    await using hub = await startHub({ env: { RATE_LIMIT_ENABLED: 'false' } })
    const { accessToken: token } = await hub.signIn()
    const deep = (levels: number) =>
      `{"name":"n","compute":${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}}`
    const bodies: [string, string | undefined][] = [
      ['nothing', undefined],
      ['empty', ''],
      ['no JSON', '{"name":'],
      ['null', 'null'],
      ['an array', '[]'],
      ['a string', '"n"'],
      ['too deep', deep(32)],
      ['far too deep', deep(5_000)],
      ['a NUL in a key', '{"name":"n","expertise":{"a\\u0000":1}}'],
      ['a lone surrogate in a key', '{"name":"n","compute":{"\\ud83d":1}}'],
      ['a byte-order mark', '\ufeff{"name":"n"}x'],
    ]
    for (const [what, body] of bodies) {
      const answer = await hub.fetch('PUT', '/profile', {
        token,
        ...(body === undefined ? {} : { body }),
      })
      expect([what, answer.status, typeof answer.body.detail]).toEqual([what, 400, 'string'])
    }
    expect(await hub.fetch('PUT', '/profile', { token, body: deep(30) })).toMatchObject({
      status: 200,
    })
  })

  it('may be 32 KiB and not a byte more', async () => {
    await using hub = await startHub()
    const { accessToken: token } = await hub.signIn()
    const bodyOf = (bytes: number): string => {
      const frame = '{"name":"n","compute":{"a":""}}'
      return frame.replace('""', `"${'x'.repeat(bytes - frame.length)}"`)
    }

    const fits = await hub.fetch('PUT', '/profile', { token, body: bodyOf(MAX_BODY_BYTES) })
    const over = await hub.fetch('PUT', '/profile', { token, body: bodyOf(MAX_BODY_BYTES + 1) })

    expect(fits.status).toBe(200)
    expect(over.status).toBe(400)
    expect(over.body).toMatchObject({ error_code: 'body_too_large' })
  })

  it('exists once, and whole, after 64 first publications at the same time', async () => {
    await using hub = await startHub({ env: { RATE_LIMIT_ENABLED: 'false' } })
    const { accessToken: token, accountId } = await hub.signIn()
    const bodies = Array.from({ length: 64 }, (_, index) => ({
      name: `name ${index}`,
      expertise: { Common: 1 + (index % 5), [`Own ${index}`]: 1 },
    }))

    const answers = await Promise.all(
      bodies.map((body) => hub.fetch('PUT', '/profile', { token, body })),
    )

    expect(answers.map(({ status }) => status)).toEqual(bodies.map(() => 200))
    answers.forEach(({ body }, index) => expect(body).toMatchObject(bodies[index]!))
    const { body: last } = await hub.fetch('GET', '/profile', { token })
    const winner = bodies.find(({ name }) => name === last.name)
    expect(last.expertise).toEqual(winner?.expertise)
    expect(
      await hub.database.query('SELECT 1 FROM profiles WHERE account_id = $1', [accountId]),
    ).toHaveLength(1)
  })

  it('needs a token, and answers below /api/v1 too', async () => {
    await using hub = await startHub()
    const { accessToken: token } = await hub.signIn()

    for (const [method, path] of [
      ['GET', '/profile'],
      ['PUT', '/profile'],
      ['DELETE', '/profile'],
      ['GET', `/profile/${nobody}`],
      ['GET', '/users/me'],
    ] as const) {
      const { status, headers } = await hub.fetch(method, path)
      expect([path, status, headers.get('www-authenticate')]).toEqual([path, 401, 'Bearer'])
    }
    expect(await hub.fetch('PUT', '/api/v1/profile', { token, body: ada })).toMatchObject({
      status: 200,
    })
    expect(await hub.fetch('GET', '/api/v1/users/me', { token })).toMatchObject({ status: 200 })
  })

  it('is published 20 times a minute by one account', async () => {
    await using hub = await startHub()
    const [one, other] = [await hub.signIn(), await hub.signIn()]
    const put = ({ accessToken: token }: typeof one) =>
      hub.fetch('PUT', '/profile', { token, body: { name: 'n' } })

    const statuses: number[] = []
    for (let count = 0; count < 20; count++) statuses.push((await put(one)).status)
    const refused = await put(one)

    expect(statuses).toEqual(statuses.map(() => 200))
    expect(refused).toMatchObject({ status: 429, body: { error_code: 'rate_limited' } })
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(await put(other)).toMatchObject({ status: 200 })
  })
})

describe('GET /users/me', () => {
  it('knows who has logged in, before there is a node or a profile', async () => {
    await using hub = await startHub()
    const { accessToken: token, accountId } = await hub.signIn()

    const { status, body } = await hub.fetch('GET', '/users/me', { token })

    expect(status).toBe(200)
    expect(meAnswer.parse(body)).toMatchObject({
      id: accountId,
      node_id: null,
      node_id_verified: false,
      provider: 'github',
      profile: null,
    })
  })

  it('carries the profile once there is one', async () => {
    await using hub = await startHub()
    const { accessToken: token } = await hub.signIn()
    const { body: profile } = await hub.fetch('PUT', '/profile', { token, body: ada })

    const { status, body } = await hub.fetch('GET', '/users/me', { token })

    expect(status).toBe(200)
    expect(meAnswer.parse(body).profile).toEqual(profile)
  })

  it('names the node of this session, and the last registered in a session without one', async () => {
    await using hub = await startHub()
    const first = await hub.registeredNode({ idLength: 16 })
    const second = await hub.registeredNode({ accountId: first.accountId })
    const browser = await hub.signIn(first.accountId)
    const nodeOf = async (token: string) => {
      const { body } = await hub.fetch('GET', '/users/me', { token })
      return [body.node_id, body.node_id_verified]
    }

    expect(await nodeOf(first.token)).toEqual([first.id, true])
    expect(await nodeOf(second.token)).toEqual([second.id, true])
    expect(await nodeOf(browser.accessToken)).toEqual([second.id, true])
  })
})
