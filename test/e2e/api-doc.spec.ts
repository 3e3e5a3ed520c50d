import { readFileSync } from 'node:fs'

import { describe, expect, it } from '@jest/globals'

import { startHub } from '../support/hub.js'
import { routesOf, templateOf } from '../support/routes.js'

const document = readFileSync('docs/api.md', 'utf8')

describe('docs/api.md', () => {
  it('has every route of the app with its limit and who may ask, and no other', async () => {
    await using hub = await startHub()
    const { body } = await hub.fetch<{
      paths: Record<string, Record<string, { description: string; security: object[] }>>
    }>('GET', '/api/openapi.json')
    const rows = [...document.matchAll(/^\| `([A-Z]+ \/[^`]*)` +\| (\w+) +\| ([\w ]+?) +\|/gm)]
    const documented = rows.map((cells) => cells.slice(1).join(', '))

    const routes = routesOf(hub).filter(({ path }) => !path.startsWith('/dev-login'))
    const actual = routes.map((route) => {
      // Of a route that the OpenAPI document leaves out, the page's files, the default holds.
      const operation = body.paths[templateOf(route)]?.[route.method.toLowerCase()]
      const limit = operation ? /At most (\d+) a minute/.exec(operation.description)?.[1] : '60'
      const who = operation && operation.security.length > 0 ? 'token' : 'all'
      return `${route.method} ${templateOf(route)}, ${who}, ${limit ?? 'no limit'}`
    })
    expect(documented.sort()).toEqual(actual.sort())
  })

  it('names settings that exist, with the defaults that hold', () => {
    const settings = readFileSync('.env.example', 'utf8')
    const named = [...document.matchAll(/`([A-Z]+_[A-Z_]+)`/g)].map(([, name]) => name)
    for (const name of named) expect(settings).toContain(`${name}=`)
    for (const [, name, value] of document.matchAll(/^\| `([A-Z_]+)` +\| (\w+) +\|/gm)) {
      expect(settings).toMatch(new RegExp(`${name}=${value}$`, 'm'))
    }
  })
})
