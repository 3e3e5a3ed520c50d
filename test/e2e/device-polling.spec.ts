import { randomBytes } from 'node:crypto'

import { describe, expect, it } from '@jest/globals'

import {
  askForCodes,
  DEVICE_GRANT,
  DevicePerson,
  poll,
  pollWord,
  sendForm,
} from '../support/device.js'
import { type Answer, startHub, type TestHub } from '../support/hub.js'
import { cloneDatabase } from '../support/postgres.js'

const UNLIMITED = { RATE_LIMIT_ENABLED: 'false' }

function usesOf(hub: TestHub, token: string): Promise<Answer> {
  return hub.fetch('GET', '/users/me', { token })
}

describe('a device that polls', () => {
  it('is told in the words of RFC 6749 §5.2 and in the hub’s own', async () => {
    await using hub = await startHub()
    const { status, headers, body } = await poll(hub, await askForCodes(hub))

    expect([status, headers.get('cache-control')]).toEqual([400, 'no-store'])
    expect(body).toEqual({
      error: 'authorization_pending',
      error_description: expect.stringContaining('ask again in 5 s'),
      error_code: 'authorization_pending',
      detail: expect.stringContaining('ask again in 5 s'),
      request_id: expect.any(String),
    })
  })

  it('too fast is slowed down by five seconds each time, for all polls that follow', async () => {
    await using hub = await startHub({ env: UNLIMITED })
    const codes = await askForCodes(hub)
    const after = async (seconds: number): Promise<string> => {
      hub.clock.advance({ seconds })
      return pollWord(hub, codes)
    }

    expect(await after(0)).toBe('authorization_pending')
    expect(await after(5)).toBe('authorization_pending')
    expect(await after(1)).toBe('slow_down')
    expect(await after(5)).toBe('slow_down')
    expect(await after(10)).toBe('slow_down')
    expect(await after(20)).toBe('authorization_pending')
    expect(await after(20)).toBe('authorization_pending')
    const told = await poll(hub, codes)
    expect(told.body).toMatchObject({
      error: 'slow_down',
      error_code: 'slow_down',
      detail: expect.stringContaining('25 s'),
    })
  })

  it('is slowed down on every instance of the hub, and told apart from other devices', async () => {
    await using database = await cloneDatabase()
    await using one = await startHub({ database })
    await using two = await startHub({ database, clock: one.clock })
    const [codes, other] = [await askForCodes(one), await askForCodes(two)]

    expect(await pollWord(one, codes)).toBe('authorization_pending')
    expect(await pollWord(two, codes)).toBe('slow_down')
    expect(await pollWord(two, other)).toBe('authorization_pending')
  })

  it('too fast gets its tokens all the same once it is approved', async () => {
    await using hub = await startHub()
    const codes = await askForCodes(hub)
    await pollWord(hub, codes)
    await new DevicePerson(hub).approve(codes)

    expect(await pollWord(hub, codes)).toBe('tokens')
  })

  it('is told that it was turned away, as often as it asks, and gets nothing', async () => {
    await using hub = await startHub()
    const codes = await askForCodes(hub)
    const person = new DevicePerson(hub)
    await person.answer(await person.goToQuestion(codes), 'deny')

    for (let count = 0; count < 3; count++) {
      const { status, body } = await poll(hub, codes)
      expect([status, body.error, body.error_code]).toEqual([400, 'access_denied', 'access_denied'])
    }
  })

  it('is told that the code has expired, approved or not', async () => {
    await using hub = await startHub()
    const [waiting, approved] = [await askForCodes(hub), await askForCodes(hub)]
    await new DevicePerson(hub).approve(approved)

    hub.clock.advance({ minutes: 14, seconds: 59 })
    expect(await pollWord(hub, waiting)).toBe('authorization_pending')
    hub.clock.advance({ seconds: 1 })
    for (const codes of [waiting, approved]) {
      const { status, body } = await poll(hub, codes)
      expect([status, body.error, body.error_code]).toEqual([400, 'expired_token', 'expired_token'])
    }
    hub.clock.advance({ minutes: 10 })
    expect(await pollWord(hub, waiting)).toBe('expired_token')
    expect(await hub.database.query('SELECT 1 FROM sessions')).toEqual([])
  })

  it.each([
    ['nobody got', () => randomBytes(32).toString('base64url')],
    ['is another spelling of the one it got', (code: string) => `${code}=`],
    ['has a space before it', (code: string) => ` ${code}`],
    ['is the user code', (_code: string, userCode: string) => userCode],
    ['is no code', () => '\u00e4'.repeat(43)],
  ])('with a code that %s is refused', async (_what, change) => {
    await using hub = await startHub()
    const codes = await askForCodes(hub)
    const device_code = change(codes.device_code, codes.user_code)
    await new DevicePerson(hub).approve(codes)

    const { status, body } = await poll(hub, { device_code })

    expect([status, body.error, body.error_code]).toEqual([400, 'invalid_grant', 'invalid_grant'])
    expect(await pollWord(hub, codes)).toBe('tokens')
  })

  it('as another client gets nothing and spoils nothing', async () => {
    await using hub = await startHub()
    const codes = await askForCodes(hub)
    await new DevicePerson(hub).approve(codes)
    const form = { grant_type: DEVICE_GRANT, device_code: codes.device_code }

    const asWeb = await sendForm(hub, '/token', { ...form, client_id: 'web' })
    expect([asWeb.status, asWeb.body.error]).toEqual([400, 'invalid_grant'])
    const asNobody = await sendForm(hub, '/token', { ...form, client_id: 'tv' })
    expect([asNobody.status, asNobody.body.error]).toEqual([400, 'invalid_client'])
    const unnamed = await sendForm(hub, '/token', form)
    expect([unnamed.status, unnamed.body.error]).toEqual([400, 'invalid_request'])
    expect(await pollWord(hub, codes)).toBe('tokens')
  })

  it('without its code, or with it twice, is refused', async () => {
    await using hub = await startHub()
    const { device_code } = await askForCodes(hub)
    const form = new URLSearchParams({ grant_type: DEVICE_GRANT, client_id: 'desktop' }).toString()

    for (const rest of ['', '&device_code=', `&device_code=${device_code}&device_code=x`]) {
      const { status, body } = await sendForm(hub, '/token', form + rest)
      expect([rest, status, body.error]).toEqual([rest, 400, 'invalid_request'])
    }
  })

  it('by another name of the grant is refused', async () => {
    await using hub = await startHub()
    const { device_code } = await askForCodes(hub)

    for (const grant_type of ['device_code', DEVICE_GRANT.toUpperCase(), `${DEVICE_GRANT} `]) {
      const form = { grant_type, client_id: 'desktop', device_code }
      const { status, body } = await sendForm(hub, '/token', form)
      expect([status, body.error]).toEqual([400, 'unsupported_grant_type'])
    }
  })

  it('is limited by its address, whatever it is answered, but not so that devices are in each other’s way', async () => {
    await using hub = await startHub()
    const codes = await askForCodes(hub)
    const fiftyDevicesForAMinute = 50 * 12
    for (let count = 0; count < fiftyDevicesForAMinute; count++) {
      expect(await pollWord(hub, codes)).not.toBe('temporarily_unavailable')
    }

    const limited = await poll(hub, codes)
    expect(limited).toMatchObject({ status: 429, body: { error_code: 'rate_limited' } })
    expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0)
  })
})

describe('a device code', () => {
  it('gives tokens to exactly one of 64 polls at once, and its second use ends what it gave', async () => {
    await using hub = await startHub({ env: UNLIMITED })
    const codes = await askForCodes(hub)
    await new DevicePerson(hub).approve(codes)

    const answers = await Promise.all(Array.from({ length: 64 }, () => poll(hub, codes)))

    const [given, ...more] = answers.filter(({ status }) => status === 200)
    expect(more).toEqual([])
    const words = answers.filter(({ status }) => status !== 200).map(({ body }) => body.error)
    expect(words).toEqual(Array.from({ length: 63 }, () => 'invalid_grant'))
    expect(await hub.database.query('SELECT id FROM sessions')).toHaveLength(1)
    expect(await usesOf(hub, given?.body.access_token)).toMatchObject({
      status: 401,
      body: { error_code: 'session_ended' },
    })
  })

  it('that comes back days later ends the session it gave, and its owner can read of it', async () => {
    await using hub = await startHub()
    const person = new DevicePerson(hub)
    const [codes, mine] = [await askForCodes(hub), await askForCodes(hub)]
    for (const each of [codes, mine]) await person.approve(each)
    const { body: stolen } = await poll(hub, codes)
    const { body: kept } = await poll(hub, mine)
    expect((await usesOf(hub, stolen.access_token)).status).toBe(200)
    hub.clock.advance({ days: 3 })

    expect(await pollWord(hub, codes)).toBe('invalid_grant')

    const refreshing = (refresh_token: string): Promise<Answer> =>
      sendForm(hub, '/token', { grant_type: 'refresh_token', client_id: 'desktop', refresh_token })
    expect((await refreshing(stolen.refresh_token)).body.error).toBe('invalid_grant')
    const refreshed = await refreshing(kept.refresh_token)
    hub.tokens.push(refreshed.body.access_token, refreshed.body.refresh_token)
    const { body } = await hub.fetch('GET', '/me/events', { token: refreshed.body.access_token })
    expect(body.events[0]).toMatchObject({ kind: 'code_replayed', detail: { client: 'desktop' } })
  })

  it('is as good as unknown once the account that approved it is deleted', async () => {
    await using hub = await startHub()
    const person = new DevicePerson(hub)
    const codes = await askForCodes(hub)
    await person.approve(codes)
    await hub.database.query('DELETE FROM accounts')

    expect(await pollWord(hub, codes)).toBe('invalid_grant')
    expect(await hub.database.query('SELECT 1 FROM device_codes')).toEqual([])
  })

  it('lets a device in after it was asked for at one instance and approved at another', async () => {
    await using database = await cloneDatabase()
    await using one = await startHub({ database })
    await using two = await startHub({ database })
    const codes = await askForCodes(one)

    await new DevicePerson(two).approve(codes)

    expect(await pollWord(one, codes)).toBe('tokens')
  })
})
