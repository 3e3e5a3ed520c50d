import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'

import { OpenRequests } from './open-requests.js'

/** Longer than a test may take: who waits for it has failed. */
const FOR_EVER_MS = 600_000

let server: Server
let requests: OpenRequests
let responses: ServerResponse[]

beforeEach(async () => {
  responses = []
  server = createServer((_request, response) => responses.push(response))
  const adapter = { getHttpServer: () => server }
  requests = new OpenRequests({ httpAdapter: adapter } as never)
  requests.onModuleInit()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})

afterEach(() => {
  server.closeAllConnections()
  server.close()
})

/** A client that has sent so many requests in one go, all of which the server has read. */
async function client(count: number): Promise<Socket> {
  const { port } = server.address() as AddressInfo
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  const read = responses.length + count
  socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(count))
  while (responses.length < read) await once(server, 'request')
  return socket
}

describe('the requests that are being answered', () => {
  it('are waited for, all of them', async () => {
    await client(1)
    await client(1)
    let isFinished = false
    const finished = requests.finish(FOR_EVER_MS).then(() => (isFinished = true))
    const [first, second] = responses
    first?.end('one')
    await once(first!, 'close')
    expect(isFinished).toBe(false)
    second?.end('two')

    await finished
    expect(second?.writableFinished).toBe(true)
  })

  it('are not waited for when their client has gone, though one was behind the other', async () => {
    const socket = await client(2)
    const [first, second] = responses
    const gone = once(first!.socket!, 'close')
    second?.end('two')
    socket.destroy()
    await gone

    await requests.finish(FOR_EVER_MS)
    expect(server.listening).toBe(false)
  })
})
