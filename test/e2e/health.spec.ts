import { get } from 'node:http'

import { describe, expect, it } from '@jest/globals'

import { healthAnswer } from '../../src/health/health.controller.js'
import { startHub } from '../support/hub.js'

describe('a hub that has just started', () => {
  it('is healthy, alive and ready', async () => {
    await using hub = await startHub()

    const health = await hub.fetch('GET', '/health')

    expect(health.status).toBe(200)
    expect(healthAnswer.parse(health.body)).toMatchObject({
      status: 'healthy',
      database: 'healthy',
      websocket_connections: 0,
      blacklist_size: 0,
    })
    expect((await hub.fetch('GET', '/livez')).status).toBe(200)
    expect((await hub.fetch('GET', '/readyz')).status).toBe(200)
  })

  it('says what it is and where its source is', async () => {
    await using hub = await startHub({ env: { SOURCE_URL: 'https://example.org/source' } })

    expect((await hub.fetch('GET', '/')).body).toEqual({
      status: 'ok',
      project: 'D-PC Federation Hub',
      version: hub.config.version,
      source_url: 'https://example.org/source',
    })
  })

  it('answers a client that offers HTTP/2 on plain http as if it had not', async () => {
    await using hub = await startHub()
    const headers = { connection: 'Upgrade', upgrade: 'h2c' }
    const status = await new Promise((resolve, reject) => {
      get(`${hub.url}/health`, { headers }, (answer) => {
        answer.resume()
        resolve(answer.statusCode)
      }).on('error', reject)
    })

    expect(status).toBe(200)
  })
})
