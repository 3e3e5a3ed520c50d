import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'

import { FaultProxy } from '../support/fault-proxy.js'

const MIB = 1_048_576

/** A server that keeps what it hears, and a client that talks to it through the proxy. */
let proxy: FaultProxy
let server: Awaited<ReturnType<typeof listen>>
const clients: Socket[] = []

beforeEach(async () => {
  server = await listen()
  proxy = await FaultProxy.before(`tcp://127.0.0.1:${server.port}`)
})

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy()
  await proxy[Symbol.asyncDispose]()
  await server.close()
})

describe('a fault proxy', () => {
  it('carries bytes both ways, as they are and in their order', async () => {
    const [client, served] = await connected()
    const sent = Buffer.from(Array.from({ length: 3 * MIB }, (_, at) => at % 251))
    const [there, back] = [heard(served, sent.length), heard(client, sent.length)]
    client.write(sent)
    served.write(sent)

    expect((await there).equals(sent)).toBe(true)
    expect((await back).equals(sent)).toBe(true)
    expect(proxy.connections).toBe(1)
  })

  it('tells its port, which the server it stands before may announce as its own', async () => {
    expect(new URL(proxy.through('redis://127.0.0.1:6379')).port).toBe(String(proxy.port))
    expect(proxy.through('ws://127.0.0.1:1/ws/signal?v=2')).toContain(
      `:${proxy.port}/ws/signal?v=2`,
    )
  })

  it('leads new connections elsewhere when its server has moved', async () => {
    const elsewhere = await listen()
    await connected()
    proxy.leadTo(`tcp://127.0.0.1:${elsewhere.port}`)
    const client = dial()
    const there = heard(await elsewhere.next(), 2)
    client.write('hi')

    expect(String(await there)).toBe('hi')
    await elsewhere.close()
  })

  it('makes each byte take its time, each way, and the next does not wait for the one before', async () => {
    const [client, served] = await connected()
    served.on('data', (chunk) => served.write(chunk))
    proxy.slow(100)

    const startedAt = performance.now()
    // Ten that follow each other: one behind another they would take a second.
    for (let n = 0; n < 10; n++) {
      client.write(String(n))
      await new Promise(setImmediate)
    }
    expect(String(await heard(client, 10))).toBe('0123456789')
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(195)
    expect(performance.now() - startedAt).toBeLessThan(1_000)
  })

  it('keeps the order of what jitter would mix', async () => {
    const [client, served] = await connected()
    proxy.slow(5, 5)
    const text = heard(served, 100)
    for (let n = 0; n < 100; n++) {
      client.write(String(n % 10))
      await new Promise(setImmediate)
    }

    expect(String(await text)).toBe('0123456789'.repeat(10))
  })

  it('lets no more through than its bandwidth', async () => {
    const [client, served] = await connected()
    proxy.narrow(200_000)
    const startedAt = performance.now()
    client.write(Buffer.alloc(40_000))

    await heard(served, 40_000)
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(195)
  })

  it('cut, resets who is there and refuses who comes', async () => {
    const sides = await connected()
    const refused = proxy.nextRefusal()
    proxy.cut()

    expect(await Promise.all(sides.map(end))).toEqual(['ECONNRESET', 'ECONNRESET'])
    expect(await end(dial())).toBe('ECONNRESET')
    await refused
    proxy.restore()
    await connected()
  })

  it('reset, resets who is there and takes who comes', async () => {
    const sides = await connected()
    proxy.reset()

    expect(await Promise.all(sides.map(end))).toEqual(['ECONNRESET', 'ECONNRESET'])
    await connected()
  })

  it('frozen, keeps and takes connections, and is silent until it thaws', async () => {
    const [client, served] = await connected()
    proxy.freeze()
    client.write('first')
    const late = dial()
    await once(late, 'connect')
    late.write('late')
    const servedLate = await server.next()
    await meanwhile()
    expect([served.bytesRead, servedLate.bytesRead]).toEqual([0, 0])

    const there = heard(served, 5)
    proxy.restore()
    expect(String(await there)).toBe('first')
    expect(String(await heard(servedLate, 4))).toBe('late')
  })

  it('frozen one way, still carries what goes the other', async () => {
    const [client, served] = await connected()
    proxy.freeze('to-client')
    served.write('unheard')
    const there = heard(served, 5)
    client.write('there')

    expect(String(await there)).toBe('there')
    expect(client.bytesRead).toBe(0)
    const back = heard(client, 7)
    proxy.restore()
    expect(String(await back)).toBe('unheard')
  })

  it('frozen, holds a few MiB at most: the rest stays with its sender', async () => {
    const [client] = await connected()
    proxy.freeze('to-server')
    for (let n = 0; n < 64; n++) client.write(Buffer.alloc(MIB))

    await meanwhile()
    expect(client.writableLength).toBeGreaterThan(32 * MIB)
  })

  it('slow to close, lets one side talk on to nobody', async () => {
    const [client, served] = await connected()
    proxy.closeSlowly(150)
    const startedAt = performance.now()
    client.destroy()

    await end(served)
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(145)
  })

  it('cuts what comes at once into pieces, and loses none of it', async () => {
    const [client, served] = await connected()
    proxy.slice(3, 1)
    const chunks: string[] = []
    served.on('data', (chunk) => chunks.push(String(chunk)))
    const all = heard(served, 20)
    client.write('abcdefghijklmnopqrst')

    expect(String(await all)).toBe('abcdefghijklmnopqrst')
    expect(chunks.length).toBeGreaterThan(1)
  })

  it('ends a connection that has carried its bytes, to the last of them', async () => {
    const [client, served] = await connected()
    proxy.limit(1_000)
    const closed = end(served)
    let got = 0
    served.on('data', (chunk) => (got += chunk.length))
    client.write(Buffer.alloc(10_000))

    await Promise.all([closed, end(client)])
    expect(got).toBe(1_000)
    // Of each connection, not of all together.
    const [, next] = await connected()
    clients.at(-1)?.write(Buffer.alloc(500))
    expect((await heard(next, 500)).length).toBe(500)
  })

  it('cuts after so many chunks', async () => {
    const [client, served] = await connected()
    proxy.cutAfter(2)
    const first = heard(served, 1)
    client.write('1')
    await first
    client.write('2')

    expect(await end(client)).toBe('ECONNRESET')
  })

  it('passes on how the other side ended: a reset as a reset, an end as an end', async () => {
    const [broken, servedBroken] = await connected()
    broken.resetAndDestroy()
    expect(await end(servedBroken)).toBe('ECONNRESET')

    const [polite, servedPolite] = await connected()
    const last = heard(servedPolite, 3)
    polite.end('bye')
    expect(String(await last)).toBe('bye')
    expect(await end(servedPolite)).toBeNull()
  })
})

function dial(): Socket {
  const client = connect(proxy.port, '127.0.0.1')
  clients.push(client)
  client.on('error', () => {})
  return client
}

/** A client, and the server's end of its connection. */
async function connected(): Promise<[Socket, Socket]> {
  const client = dial()
  return [client, await server.next()]
}

async function listen() {
  const arrived: Socket[] = []
  const waiting: ((socket: Socket) => void)[] = []
  const open = new Set<Socket>()
  const listener = createServer((socket) => {
    socket.on('error', () => {})
    open.add(socket)
    const taker = waiting.shift()
    if (taker) taker(socket)
    else arrived.push(socket)
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const address = listener.address()
  if (typeof address !== 'object' || address === null) throw new Error('not listening')
  return {
    port: address.port,
    next: (): Promise<Socket> => {
      const socket = arrived.shift()
      return socket ? Promise.resolve(socket) : new Promise((resolve) => waiting.push(resolve))
    },
    close: (): Promise<void> => {
      for (const socket of open) socket.destroy()
      return new Promise((resolve) => listener.close(() => resolve()))
    },
  }
}

/** Resolves with the next `length` bytes. */
function heard(socket: Socket, length: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let count = 0
  return new Promise((resolve) => {
    const take = (chunk: Buffer): void => {
      chunks.push(chunk)
      count += chunk.length
      if (count < length) return
      socket.off('data', take)
      resolve(Buffer.concat(chunks))
    }
    socket.on('data', take)
  })
}

/** Resolves when the socket is gone, with the error that ended it; null: it was closed. */
function end(socket: Socket): Promise<string | null> {
  let code: string | null = null
  socket.on('error', (error: NodeJS.ErrnoException) => (code = error.code ?? error.message))
  if (socket.closed) return Promise.resolve(code)
  return new Promise((resolve) => socket.on('close', () => resolve(code)))
}

/** Goes to and fro past the proxy so often that what could have happened meanwhile has. */
async function meanwhile(): Promise<void> {
  const client = connect(server.port, '127.0.0.1')
  clients.push(client)
  const served = await server.next()
  served.on('data', (chunk) => served.write(chunk))
  for (let n = 0; n < 200; n++) {
    const back = heard(client, 1)
    client.write('x')
    await back
  }
}
