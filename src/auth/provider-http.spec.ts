import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'

import { ProviderHttp } from './provider-http.js'

const MANNERS: Record<string, (response: ServerResponse) => void> = {
  '/json': (response) => response.end('{"id":1}'),
  '/silent': () => undefined,
  '/half': (response) => response.writeHead(200).write('{'),
  '/huge': (response) => response.end(`"${'x'.repeat(300_000)}"`),
  '/endless': (response) => {
    const more = () => response.write('x'.repeat(65_536))
    response.on('drain', more)
    more()
  },
  '/none': (response) => response.writeHead(204).end(),
}

describe('HTTP to a provider', () => {
  const server = createServer((request, response) => MANNERS[request.url ?? '']?.(response))
  let url: string

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })

  afterAll(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })

  it('gives the JSON of an answer', async () => {
    expect(await new ProviderHttp().getJson(`${url}/json`, 'token')).toEqual({ id: 1 })
  })

  it.each([
    ['/silent', 'provider_timeout'],
    ['/half', 'provider_timeout'],
  ])('has one deadline, for %s', async (path, word) => {
    await expect(new ProviderHttp(100).getJson(url + path, 'token')).rejects.toMatchObject({ word })
  })

  it('has one deadline for all requests of a login', async () => {
    const http = new ProviderHttp(100)
    await expect(http.getJson(`${url}/silent`, 'token')).rejects.toThrow()

    await expect(http.getJson(`${url}/json`, 'token')).rejects.toMatchObject({
      word: 'provider_timeout',
    })
  })

  it.each([
    ['/huge', 'its answer is too large'],
    ['/endless', 'its answer is too large'],
    ['/none', 'its answer is no JSON'],
  ])('gives up on %s', async (path, reason) => {
    await expect(new ProviderHttp().getJson(url + path, 'token')).rejects.toMatchObject({
      word: 'provider_error',
      reason,
    })
  })
})
