import { describe, expect, it } from '@jest/globals'

import { corpusKey } from '../corpus/generate/case.js'
import { dpopProof } from '../support/dpop.js'
import { expectOAuthError } from '../support/error-oracle.js'
import { startWithStub, OAuthClient } from '../support/oauth-client.js'

const LIMITED = { RATE_LIMIT_ENABLED: 'true', RATE_LIMIT_PER_MINUTE: '3', RATE_LIMIT_LOGIN: '50' }
const KEY = corpusKey('ec-prime256v1')

describe('the limits of POST /token', () => {
  it('never touch a valid refresh token, while failures from its address are limited', async () => {
    await using running = await startWithStub(LIMITED)
    await using client = await OAuthClient.listen(running.hub)
    const { body: tokens } = await client.redeem((await client.logIn()).code)

    for (let count = 0; count < 3; count++) {
      expect((await client.refresh('forged')).status).toBe(400)
    }
    const beyond = await client.refresh('forged')
    for (let count = 0; count < 40; count++) {
      expect((await client.refresh(tokens.refresh_token)).status).toBe(200)
    }

    expectOAuthError(beyond, 429, 'rate_limited')
    expect(beyond.body.error).toBe('temporarily_unavailable')
  })

  it('are of the address for codes, and leave its refreshes alone', async () => {
    await using running = await startWithStub(LIMITED)
    await using client = await OAuthClient.listen(running.hub)
    const { body: tokens } = await client.redeem((await client.logIn()).code)

    const statuses: number[] = []
    for (let count = 0; count < 31; count++) {
      statuses.push((await client.redeem('A'.repeat(43))).status)
    }

    // The good code was the first of thirty.
    expect(statuses.filter((status) => status === 400)).toHaveLength(29)
    expect(statuses.slice(29)).toEqual([429, 429])
    expect((await client.refresh(tokens.refresh_token)).status).toBe(200)
    running.hub.clock.advance({ minutes: 1, seconds: 1 })
    expect((await client.redeem('A'.repeat(43))).status).toBe(400)
  })

  it('count no clock that is wrong: the nonce is told however many failures there were', async () => {
    await using running = await startWithStub(LIMITED)
    const { hub } = running
    await using client = await OAuthClient.listen(hub)
    const sign = (secondsSlow: number, nonce?: string): Record<string, string> => ({
      dpop: dpopProof(hub, KEY, {
        method: 'POST',
        path: '/token',
        token: null,
        secondsSlow,
        nonce,
      }),
    })
    const { body: tokens } = await client.redeem((await client.logIn()).code, {}, sign(0))
    for (let count = 0; count < 4; count++) await client.refresh('forged')

    for (let count = 0; count < 5; count++) {
      const told = await client.refresh(tokens.refresh_token, {}, sign(86_400))
      const nonce = told.headers.get('dpop-nonce') ?? ''
      const answer = await client.refresh(tokens.refresh_token, {}, sign(86_400, nonce))

      expectOAuthError(told, 400, 'use_dpop_nonce')
      expect([answer.status, answer.body.token_type]).toEqual([200, 'DPoP'])
    }
  })
})
