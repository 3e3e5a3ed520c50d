import { describe, expect, it } from '@jest/globals'

import { askForCodes, DevicePerson, textOf } from '../support/device.js'
import { startHub } from '../support/hub.js'
import { OAuthClient, startWithStub } from '../support/oauth-client.js'

describe('forms that other sites make a browser send', () => {
  it('use up none of the codes that its person may type', async () => {
    await using hub = await startHub()
    const codes = await askForCodes(hub)
    const person = new DevicePerson(hub)
    for (let count = 0; count < 15; count++) {
      const { status } = await person.send(
        '/device',
        { user_code: 'BBBB-BBBB' },
        { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
      )
      expect(status).toBe(400)
    }

    const page = await person.type(codes.user_code)

    expect([page.status, textOf(page)]).toEqual([200, expect.stringContaining(codes.user_code)])
  })
})

describe('the page that asks which provider', () => {
  it('begins no login: looking at it often uses none up', async () => {
    await using stubbed = await startWithStub({ RATE_LIMIT_ENABLED: 'true', RATE_LIMIT_LOGIN: '3' })
    await using client = await OAuthClient.listen(stubbed.hub)
    for (let count = 0; count < 10; count++) {
      const { pathname, search } = new URL(client.authorizeUrl({ provider: null }))
      expect((await stubbed.hub.fetch('GET', pathname + search)).status).toBe(200)
    }

    expect((await client.logIn()).code).not.toBeNull()
  })
})
