import { describe, expect, it } from '@jest/globals'

import { askForCodes, DevicePerson, linksOf, pollWord, textOf } from '../support/device.js'
import { startHub } from '../support/hub.js'
import { OAuthStub } from '../support/oauth-stub.js'

describe('a login for a device', () => {
  it('that the person declines leaves the code waiting, and says so', async () => {
    await using hub = await startHub()
    const codes = await askForCodes(hub)
    const person = new DevicePerson(hub)

    const page = await person.logIn(await person.type(codes.user_code), 'deny')

    expect([page.status, textOf(page)]).toEqual([
      200,
      expect.stringContaining('The login was declined at the provider. Your device still waits'),
    ])
    expect(page.body).toContain(`value="${codes.user_code}"`)
    expect(await pollWord(hub, codes)).toBe('authorization_pending')
    expect((await person.approve(codes)).status).toBe(200)
    expect(await pollWord(hub, codes)).toBe('tokens')
  })

  it('that fails at the provider leaves the code waiting, and says so', async () => {
    await using stub = await OAuthStub.start()
    await using hub = await startHub({ env: stub.envOf('google') })
    const codes = await askForCodes(hub)
    const person = new DevicePerson(hub)
    const shown = await person.type(codes.user_code)
    stub.faults.set('token', 'status 500')

    const visited = await person.browser.follow(linksOf(shown)[0] ?? '')
    const page = await person.open(visited.at(-1) ?? '')

    expect(textOf(page)).toContain('The provider gave an answer the hub cannot use')
    expect(page.body).toContain(`value="${codes.user_code}"`)
    expect(await pollWord(hub, codes)).toBe('authorization_pending')
  })

  it('does not give the browser a session of its own', async () => {
    await using hub = await startHub()
    const person = new DevicePerson(hub)
    const question = await person.goToQuestion(await askForCodes(hub))

    expect(await hub.database.query('SELECT 1 FROM sessions')).toEqual([])
    await person.answer(question, 'deny')
    expect(await hub.database.query('SELECT 1 FROM sessions')).toEqual([])
    expect(Object.keys(person.browser.cookies(hub.url))).toEqual(['hub_login'])
  })

  it('works where the operator has switched the classic login off', async () => {
    await using hub = await startHub({ env: { LEGACY_LOGIN: 'off' } })
    const codes = await askForCodes(hub)

    await new DevicePerson(hub).approve(codes)

    expect(await pollWord(hub, codes)).toBe('tokens')
  })
})
