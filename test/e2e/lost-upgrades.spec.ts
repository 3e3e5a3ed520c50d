import { connect } from 'node:net'

import { describe, expect, it, jest } from '@jest/globals'

import { NodePlaces } from '../../src/routing/node-places.js'
import { Admissions } from '../../src/signaling/admissions.js'
import { startHubs } from '../support/hubs.js'
import { sendBytes } from '../support/raw-http.js'
import type { TestNode } from '../support/test-node.js'
import { until } from '../support/until.js'

describe('an upgrade that becomes no socket', () => {
  const sound = 'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n'
  const head = ({ token }: TestNode, headers: string): string =>
    `GET /ws/signal?token=${token} HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n${headers}\r\n`

  it.each([
    ['a bad key', sound.replace('==', '')],
    ['an unknown version', sound.replace('13', '7')],
    ['a protocol that is none', `${sound}sec-websocket-protocol: ,\r\n`],
  ])('with %s leaves the live connection at another instance alone', async (_what, headers) => {
    await using hubs = await startHubs(2)
    const node = await hubs.at(0).connectNode()
    const claim = jest.spyOn(hubs.at(1).app.get(NodePlaces), 'expect')

    const answer = await sendBytes(hubs.at(1), head(node, headers))

    expect(answer).toMatchObject({ status: 400, body: { error_code: 'invalid_request' } })
    expect(claim).not.toHaveBeenCalled()
    expect(await node.socket.settled()).toEqual([])
  })

  it('because the client hangs up meanwhile leaves it alone too', async () => {
    await using hubs = await startHubs(2)
    const node = await hubs.at(0).connectNode()
    const { app, origin } = hubs.at(1)
    const places = app.get(NodePlaces)
    const claim = jest.spyOn(places, 'expect')
    const admit = jest.spyOn(app.get(Admissions), 'admit')
    const asking = new Promise<() => void>((resolve) => {
      jest
        .spyOn(places, 'isElsewhere')
        .mockImplementation(() => new Promise((answer) => resolve(() => answer(true))))
    })
    const client = connect(Number(new URL(origin).port), '127.0.0.1')
    client.write(head(node, sound))
    const answer = await asking
    const [request] = admit.mock.calls[0]!
    client.destroy()
    await until(() => !request.socket.readable)

    answer()

    await expect(admit.mock.results[0]?.value).rejects.toThrow('hung up')
    expect(claim).not.toHaveBeenCalled()
    expect(await node.socket.settled()).toEqual([])
  })
})
