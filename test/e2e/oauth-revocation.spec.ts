import { describe, expect, it } from '@jest/globals'

import { connectAs, logInAsDesktop, postForm, startWithStub } from '../support/oauth-client.js'

describe('POST /oauth/revoke', () => {
  it.each(['access_token', 'refresh_token'] as const)(
    'by the %s closes the session’s socket, leaves others open, and is told to the account',
    async (kind) => {
      await using running = await startWithStub()
      const { hub } = running
      const [kept, ended] = [await logInAsDesktop(hub), await logInAsDesktop(hub)]
      const [open, closing] = [await connectAs(hub, kept), await connectAs(hub, ended)]
      const authorization = `Bearer ${kept.access_token}`

      const answer = await postForm(hub, '/oauth/revoke', { token: ended[kind] }, { authorization })

      expect([answer.status, answer.body]).toEqual([200, {}])
      expect((await closing.closed).code).toBe(4501)
      expect(await open.socket.settled()).toEqual([])
      const { body } = await hub.fetch('GET', '/me/events', { token: kept.access_token })
      expect(body.events).toContainEqual(
        expect.objectContaining({ kind: 'session_ended', detail: { client: 'desktop' } }),
      )
    },
  )

  it('of the caller’s own token ends the caller', async () => {
    await using running = await startWithStub()
    const { hub } = running
    const mine = await logInAsDesktop(hub)
    const node = await connectAs(hub, mine)
    const authorization = `Bearer ${mine.access_token}`

    const once = await postForm(
      hub,
      '/oauth/revoke',
      { token: mine.access_token },
      { authorization },
    )
    const again = await postForm(
      hub,
      '/oauth/revoke',
      { token: mine.access_token },
      { authorization },
    )

    expect([once.status, again.status, again.body.error_code]).toEqual([200, 401, 'session_ended'])
    expect((await node.closed).code).toBe(4501)
  })
})

describe('POST /oauth/introspect', () => {
  it('says of a live session what its tokens are good for, and for which node it speaks', async () => {
    await using running = await startWithStub()
    const { hub } = running
    const mine = await logInAsDesktop(hub)
    const node = await connectAs(hub, mine)
    const authorization = `Bearer ${mine.access_token}`
    const [, claims = ''] = mine.access_token.split('.')
    const { sid, sub, iat, exp, jti, aud } = JSON.parse(Buffer.from(claims, 'base64url').toString())
    const ask = async (token: string): Promise<unknown> =>
      (await postForm(hub, '/oauth/introspect', { token }, { authorization })).body

    const common = {
      active: true,
      client_id: 'desktop',
      token_type: 'Bearer',
      iss: hub.url,
      sub,
      sid,
      node_id: node.id,
    }
    expect(await ask(mine.access_token)).toEqual({
      ...common,
      token_use: 'access',
      iat,
      exp,
      jti,
      aud,
    })
    const refresh = await ask(mine.refresh_token)
    expect(refresh).toEqual({ ...common, token_use: 'refresh', exp: expect.any(Number) })
    const days =
      (Number(Reflect.get(Object(refresh), 'exp')) * 1_000 - hub.clock.now()) / 86_400_000
    expect(Math.round(days)).toBe(30)
  })

  it('calls a token inactive from the second it expires', async () => {
    await using running = await startWithStub()
    const { hub } = running
    const old = await logInAsDesktop(hub)
    hub.clock.advance({ minutes: 29 })
    const fresh = await logInAsDesktop(hub)
    const authorization = `Bearer ${fresh.access_token}`
    const ask = async (): Promise<unknown> =>
      (await postForm(hub, '/oauth/introspect', { token: old.access_token }, { authorization }))
        .body

    expect(await ask()).toMatchObject({ active: true })
    hub.clock.advance({ minutes: 1, seconds: 1 })
    expect(await ask()).toEqual({ active: false })
  })
})
