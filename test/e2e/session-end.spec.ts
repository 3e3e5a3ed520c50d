import { describe, expect, it } from '@jest/globals'

import { startHub } from '../support/hub.js'

/** Any 52 bytes that no hub has signed. */
const FORGED = Buffer.alloc(52, 7).toString('base64url')

describe('POST /refresh', () => {
  it('answers exactly an access token, its type and a refresh token', async () => {
    await using hub = await startHub()
    const { refreshToken } = await hub.signIn()

    const { status, headers, body } = await hub.fetch('POST', '/refresh', {
      body: { refresh_token: refreshToken },
    })

    hub.tokens.push(body.access_token, body.refresh_token)
    expect([status, headers.get('cache-control')]).toEqual([200, 'no-store'])
    expect(body).toEqual({
      access_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      token_type: 'bearer',
      refresh_token: expect.stringMatching(/^[\w-]{70}$/),
    })
    const { status: used } = await hub.fetch('GET', '/profile', { token: body.access_token })
    expect(used).toBe(404)
  })

  it('answers under /api/v1 as well', async () => {
    await using hub = await startHub()
    const { refreshToken } = await hub.signIn()

    const { status, body } = await hub.fetch('POST', '/api/v1/refresh', {
      body: { refresh_token: refreshToken },
    })

    hub.tokens.push(body.access_token, body.refresh_token)
    expect(status).toBe(200)
  })

  it('gives a client that never stores the successor two different access tokens, for ever', async () => {
    await using hub = await startHub()
    const { refreshToken } = await hub.signIn()
    const access = new Set<string>()
    const refresh = new Set<string>()

    for (let round = 0; round < 5; round++) {
      const { body } = await hub.fetch('POST', '/refresh', {
        body: { refresh_token: refreshToken },
      })
      access.add(body.access_token)
      refresh.add(body.refresh_token)
      hub.clock.advance({ minutes: 31 })
    }

    hub.tokens.push(...access, ...refresh)
    expect([access.size, refresh.size]).toEqual([5, 1])
  })

  it('refuses a body without a token with 400', async () => {
    await using hub = await startHub()

    for (const body of [
      undefined,
      {},
      null,
      [],
      '"token"',
      { refresh_token: '' },
      { refresh_token: 1 },
      { refresh_token: ['x'] },
      { refreshToken: FORGED },
      '{"refresh_token":',
    ]) {
      const headers = { 'content-type': 'application/json' }
      const answer = await hub.fetch('POST', '/refresh', { body, headers })
      expect([body, answer.status, answer.body.error_code]).toEqual([body, 400, 'invalid_request'])
    }
  })

  it('refuses what it did not write, or wrote for something else, with 401', async () => {
    await using hub = await startHub()
    const { accessToken, refreshToken } = await hub.signIn()
    const tail = refreshToken.slice(-1) === 'A' ? 'B' : 'A'

    for (const token of [
      FORGED,
      'x',
      accessToken,
      `${refreshToken}=`,
      ` ${refreshToken}`,
      refreshToken.slice(0, -1),
      refreshToken.slice(0, -1) + tail,
      refreshToken.toLowerCase(),
    ]) {
      const { status, headers, body } = await hub.fetch('POST', '/refresh', {
        body: { refresh_token: token },
      })
      expect([status, body.error_code]).toEqual([401, 'invalid_refresh_token'])
      expect(headers.get('www-authenticate')).toBe('Bearer')
    }
  })

  it('limits those who guess, and never a valid token from the same address', async () => {
    await using hub = await startHub({ env: { RATE_LIMIT_PER_MINUTE: '5' } })
    const { refreshToken } = await hub.signIn()
    const send = async (token: string) =>
      hub.fetch('POST', '/refresh', { body: { refresh_token: token } })
    const guesses: number[] = []

    for (let round = 0; round < 7; round++) guesses.push((await send(FORGED)).status)
    const valid = await Promise.all(Array.from({ length: 40 }, () => send(refreshToken)))

    for (const { body } of valid) hub.tokens.push(body.access_token, body.refresh_token)
    expect(guesses).toEqual([401, 401, 401, 401, 401, 429, 429])
    expect(new Set(valid.map(({ status }) => status))).toEqual(new Set([200]))
  })
})

describe('POST /logout', () => {
  it('ends the whole session and names its node', async () => {
    await using hub = await startHub()
    const node = await hub.registeredNode()

    const answer = await node.fetch('POST', '/logout')

    expect([answer.status, answer.body]).toEqual([
      200,
      { message: 'Successfully logged out', node_id: node.id },
    ])
    const access = await node.fetch('GET', '/profile')
    const refresh = await hub.fetch('POST', '/refresh', {
      body: { refresh_token: node.person.refreshToken },
    })
    expect([access.status, access.body.error_code]).toEqual([401, 'session_ended'])
    expect([refresh.status, refresh.body.error_code]).toEqual([401, 'invalid_refresh_token'])
  })

  it('of a session without a node names none', async () => {
    await using hub = await startHub()
    const { accessToken } = await hub.signIn()

    const { body } = await hub.fetch('POST', '/logout', { token: accessToken })

    expect(body.node_id).toBeNull()
  })

  it('ends tokens the session had before and got later, and no other session', async () => {
    await using hub = await startHub()
    const first = await hub.signIn()
    const { body: later } = await hub.fetch('POST', '/refresh', {
      body: { refresh_token: first.refreshToken },
    })
    const elsewhere = await hub.signIn(first.accountId)
    hub.tokens.push(later.access_token, later.refresh_token)

    await hub.fetch('POST', '/logout', { token: later.access_token })

    const status = async (token: string) => (await hub.fetch('GET', '/profile', { token })).status
    expect(await status(first.accessToken)).toBe(401)
    expect(await status(later.access_token)).toBe(401)
    expect(await status(elsewhere.accessToken)).toBe(404)
    for (const token of [first.refreshToken, later.refresh_token]) {
      const { status: refreshed } = await hub.fetch('POST', '/refresh', {
        body: { refresh_token: token },
      })
      expect(refreshed).toBe(401)
    }
  })

  it('is not undone by spelling the token in another way', async () => {
    await using hub = await startHub({ env: { RATE_LIMIT_ENABLED: 'false' } })
    const { accessToken } = await hub.signIn()
    await hub.fetch('POST', '/logout', { token: accessToken })
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const spellings = [
      accessToken,
      ...Array.from(alphabet, (last) => accessToken.slice(0, -1) + last),
      ...['=', '==', '.', '%3D', 'A'].map((end) => accessToken + end),
    ]

    for (const token of spellings) {
      const { status } = await hub.fetch('GET', '/profile', { token })
      expect([token.slice(-4), status]).toEqual([token.slice(-4), 401])
    }
  })

  it('is known to another instance, and after a restart', async () => {
    await using one = await startHub()
    const { accessToken } = await one.signIn()
    await one.fetch('POST', '/logout', { token: accessToken })

    await using two = await startHub({
      env: { PUBLIC_URL: one.url },
      database: one.database,
    })

    const origin = `http://127.0.0.1:${two.config.http.port}`
    const { status } = await fetch(`${origin}/profile`, {
      headers: { authorization: `Bearer ${accessToken}` },
    })
    expect(status).toBe(401)
  })

  it('twice at once is one end', async () => {
    await using hub = await startHub()
    const { accessToken } = await hub.signIn()

    const answers = await Promise.all(
      Array.from({ length: 4 }, () => hub.fetch('POST', '/logout', { token: accessToken })),
    )

    expect(answers.map(({ status }) => status)).toContain(200)
    for (const { status } of answers) expect([200, 401]).toContain(status)
    expect((await hub.fetch('POST', '/logout', { token: accessToken })).status).toBe(401)
  })

  it('is refused without a token', async () => {
    await using hub = await startHub()

    const { status, headers, body } = await hub.fetch('POST', '/logout')

    expect([status, body.error_code]).toEqual([401, 'invalid_token'])
    expect(headers.get('www-authenticate')).toBe('Bearer')
  })

  it('closes the session’s connection for good', async () => {
    await using hub = await startHub()
    const node = await hub.connectNode()

    await node.fetch('POST', '/logout')

    expect(await node.closed).toMatchObject({ code: 4501 })
  })
})
