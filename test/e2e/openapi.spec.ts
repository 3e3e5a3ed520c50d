import { describe, expect, it } from '@jest/globals'
import { z } from 'zod'

import { ERROR_STATUS } from '../../src/docs/error-codes.js'
import { UNDOCUMENTED } from '../../src/docs/operations.js'
import { type Answer, startHub, type TestHub } from '../support/hub.js'
import { publish } from '../support/people.js'
import { oneTimePrekeys, publication } from '../support/prekeys.js'
import { examplePath, routesOf, templateOf } from '../support/routes.js'

const METHODS = ['get', 'put', 'post', 'delete', 'patch']

interface Response {
  readonly description: string
  readonly headers?: Record<string, object>
  readonly content?: Record<string, { readonly schema: Schema }>
}

interface Schema {
  readonly type?: string
  readonly required?: string[]
  readonly enum?: string[]
  readonly properties?: Record<string, Schema>
  readonly allOf?: Schema[]
}

interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly description: string
  readonly tags: string[]
  readonly parameters: { readonly name: string; readonly in: string; readonly schema: Schema }[]
  readonly responses: Record<string, Response>
  readonly security: object[]
}

interface Document {
  readonly tags: { readonly name: string }[]
  readonly paths: Record<string, Record<string, Operation>>
  readonly components: { readonly schemas: Record<string, Schema> }
}

async function documentOf(hub: TestHub): Promise<Document> {
  const answer = await hub.fetch<Document>('GET', '/api/openapi.json')
  expect(answer.status).toBe(200)
  return answer.body
}

function operationsOf({ paths }: Document): { key: string; operation: Operation }[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ key: `${method} ${path}`, operation })),
  )
}

/** The document's schema for an answer, as a validator. */
function validatorOf(document: Document, key: string, status: number): z.ZodType {
  const [method = '', path = ''] = key.split(' ')
  const response = document.paths[path]?.[method]?.responses[status]
  const schema = inlined(response?.content?.['application/json'], document)
  return z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0])
}

/** `value` with every `$ref` replaced by what it refers to, and the `schema` around it taken off. */
function inlined(value: unknown, document: Document): unknown {
  if (Array.isArray(value)) return value.map((each) => inlined(each, document))
  if (typeof value !== 'object' || value === null) return value
  if ('schema' in value) return inlined(value.schema, document)
  if ('$ref' in value) {
    return inlined(
      document.components.schemas[String(value.$ref).split('/').at(-1) ?? ''],
      document,
    )
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, inlined(each, document)]),
  )
}

/** Routes that can end well in several ways: new or known, at once or later, a page or a way on. */
const SUCCESSES: Readonly<Record<string, number>> = {
  'post /nodes': 2,
  'post /nodes/{node_id}/rotate': 2,
  'get /oauth/authorize': 3,
}

describe('GET /api/openapi.json', () => {
  it('is OpenAPI 3.1: every operation has an id of its own, answers, and parameters for its path', async () => {
    await using hub = await startHub()
    const document = await documentOf(hub)

    expect(document).toMatchObject({
      openapi: expect.stringMatching(/^3\.1\.\d+$/),
      info: { title: 'D-PC Federation Hub', version: hub.config.version },
      externalDocs: { url: hub.config.sourceUrl },
      servers: [{ url: hub.url }, { url: `${hub.url}/api/v1` }],
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
    })
    const operations = operationsOf(document)
    const ids = operations.map(({ operation }) => operation.operationId)
    expect(new Set(ids).size).toBe(ids.length)
    const tags = document.tags.map(({ name }) => name)
    expect(new Set(tags).size).toBe(tags.length)
    for (const { key, operation } of operations) {
      const [method = '', path = ''] = key.split(' ')
      expect(METHODS).toContain(method)
      expect(operation.operationId).toMatch(/^[a-z][A-Za-z]+$/)
      expect(operation.summary).toMatch(/\S/)
      expect(tags).toEqual(expect.arrayContaining(operation.tags))
      const inPath = operation.parameters.filter((each) => each.in === 'path')
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
      expect(inPath.map(({ name }) => name)).toEqual(named)
      for (const each of operation.parameters) expect(each.schema.type).toBeDefined()
      const successes = Object.keys(operation.responses).filter((status) => /^[123]/.test(status))
      expect([key, successes.length]).toEqual([key, SUCCESSES[key] ?? 1])
      for (const response of Object.values(operation.responses)) {
        expect(response.description).toMatch(/\S/)
      }
    }
    const references = [
      ...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g),
    ]
    for (const [, name = ''] of references) expect(document.components.schemas).toHaveProperty(name)
  })

  it('has every route of the app, and no other', async () => {
    await using hub = await startHub()
    const document = await documentOf(hub)
    const documented = operationsOf(document).map(({ key }) => key)
    const routes = routesOf(hub)
      .filter((route) => !UNDOCUMENTED.some((pattern) => pattern.test(route.path)))
      .map((route) => `${route.method.toLowerCase()} ${templateOf(route)}`)

    // The socket is an upgrade, not a route.
    expect(documented.sort()).toEqual([...routes, 'get /ws/signal'].sort())
    expect(routes.length).toBeGreaterThan(15)
  })

  it('says truly which routes want a token', async () => {
    await using hub = await startHub()
    const document = await documentOf(hub)
    for (const route of routesOf(hub)) {
      const operation = document.paths[templateOf(route)]?.[route.method.toLowerCase()]
      if (!operation) continue
      const { status } = await hub.fetch(route.method, examplePath(route))
      const wantsToken = operation.security.length > 0
      expect([templateOf(route), status === 401]).toEqual([templateOf(route), wantsToken])
      if (wantsToken) expect(Object.keys(operation.responses)).toContain('401')
    }
  })

  it('declares the errors in the one body, with their codes and headers', async () => {
    await using hub = await startHub()
    const document = await documentOf(hub)
    const body = document.components.schemas.ErrorBody
    expect(body?.required).toEqual(['detail', 'error_code', 'request_id'])
    expect(body?.properties?.error_code?.enum).toEqual([...ERROR_STATUS.keys()])
    const declared = new Set<string>()
    for (const { operation } of operationsOf(document)) {
      for (const [status, response] of Object.entries(operation.responses)) {
        if (Number(status) < 400) continue
        const [reference, narrowed] = response.content?.['application/json']?.schema.allOf ?? []
        expect(reference).toEqual({ $ref: '#/components/schemas/ErrorBody' })
        for (const code of narrowed?.properties?.error_code?.enum ?? []) {
          expect([code, ERROR_STATUS.get(code)]).toEqual([
            code,
            expect.arrayContaining([Number(status)]),
          ])
          declared.add(code)
        }
        const headers = Object.keys(response.headers ?? {})
        expect(headers.includes('Retry-After')).toBe(status === '429' || status === '503')
        expect(headers.includes('WWW-Authenticate')).toBe(status === '401')
      }
    }
    expect([...ERROR_STATUS.keys()].filter((code) => !declared.has(code))).toEqual([])
  })

  it('describes the answers that the hub really gives', async () => {
    await using hub = await startHub()
    const document = await documentOf(hub)
    const node = await hub.registeredNode()
    const profile = { name: 'Ada', description: null, expertise: { python: 4 } }
    const stranger = await publish(hub, { name: 'Bob', expertise: { python: 5 } })
    const keys = `/nodes/${node.id}/keys`
    const prekeys = publication(node.identity.privateKey, oneTimePrekeys(1))
    const answers: [key: string, status: number, Answer][] = [
      ['get /', 200, await hub.fetch('GET', '/')],
      ['get /health', 200, await hub.fetch('GET', '/health')],
      ['post /register-node-id', 200, await node.tryRegister()],
      ['get /profile', 404, await node.fetch('GET', '/profile')],
      ['get /users/me', 200, await node.fetch('GET', '/users/me')],
      ['put /profile', 200, await node.fetch('PUT', '/profile', profile)],
      ['put /profile', 400, await node.fetch('PUT', '/profile', { name: 7 })],
      ['get /profile', 200, await node.fetch('GET', '/profile')],
      ['get /users/me', 200, await node.fetch('GET', '/users/me')],
      ['get /profile/{node_id}', 200, await node.fetch('GET', `/profile/${stranger.nodeId}`)],
      ['put /nodes/{node_id}/keys', 200, await node.fetch('PUT', keys, prekeys)],
      ['post /nodes/{node_id}/keys/claim', 200, await node.fetch('POST', `${keys}/claim`)],
      ['post /nodes/{node_id}/keys/claim', 200, await node.fetch('POST', `${keys}/claim`)],
      ['get /nodes/{node_id}/keys/count', 200, await node.fetch('GET', `${keys}/count`)],
      ['get /discovery/search', 200, await node.fetch('GET', '/discovery/search?q=python')],
      ['get /login/{provider}', 400, await hub.fetch('GET', '/login/nobody')],
      ['post /refresh', 200, await refresh(hub, node.person.refreshToken)],
      ['post /refresh', 401, await refresh(hub, 'forged')],
      ['post /logout', 200, await node.fetch('POST', '/logout')],
      ['post /logout', 401, await node.fetch('POST', '/logout')],
    ]
    for (const [key, status, answer] of answers) {
      expect([key, answer.status]).toEqual([key, status])
      const judged = validatorOf(document, key, status).safeParse(answer.body)
      expect([key, judged.error?.issues]).toEqual([key, undefined])
    }
  })

  it('tells the limits that hold', async () => {
    await using hub = await startHub({ env: { RATE_LIMIT_SEARCH: '7' } })
    const { paths } = await documentOf(hub)

    expect(paths['/discovery/search']?.get?.description).toContain('At most 7 a minute.')
    expect(paths['/health']?.get?.description).not.toContain('a minute')
  })
})

describe('GET /docs', () => {
  it('is a page that runs under its policy, loads from the hub alone, and offers the source', async () => {
    await using hub = await startHub({ env: { SOURCE_URL: 'https://example.org/"><script>' } })
    const page = await hub.fetch('GET', '/docs')

    expect(page.status).toBe(200)
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
    const policy = page.headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'none'")
    expect(policy).not.toMatch(/unsafe|https?:|\*/)
    expect(page.body).toContain('<a href="https://example.org/')
    expect(page.body).not.toContain('<script>')
    expect(page.body).not.toMatch(/<style|style=|\son\w+=/)
    const loaded = [...page.body.matchAll(/<(?:script src|link [^>]*href)="([^"]+)"/g)]
    expect(loaded).toHaveLength(5)
    for (const [, url] of loaded) {
      expect(url).toMatch(/^\/docs\//)
      const file = await hub.fetch('GET', url)
      expect([url, file.status]).toEqual([url, 200])
      expect(file.headers.get('content-type')).toMatch(/css|javascript|png/)
    }
  })

  it.each(['nothing.js', 'index.html', '..%2F..%2Fpackage.json', 'swagger-ui.js', '__proto__'])(
    'has no file %s',
    async (name) => {
      await using hub = await startHub()

      expect(await hub.fetch('GET', `/docs/${name}`)).toMatchObject({
        status: 404,
        body: { error_code: 'not_found' },
      })
    },
  )
})

function refresh(hub: TestHub, token: string): Promise<Answer> {
  return hub.fetch('POST', '/refresh', { body: { refresh_token: token } })
}
