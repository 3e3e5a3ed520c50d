import type { OpenAPIObject } from '@nestjs/swagger'

import type { ErrorCode, ErrorOfRoute } from './error-codes.js'
import type { Operation } from './operation.js'
import { OPERATIONS, UNDOCUMENTED } from './operations.js'
import {
  answerResponse,
  commonSchemas,
  errorResponses,
  type OperationObject,
  type Schemas,
} from './responses.js'
import { SIGNAL_PATH, signalOperation } from './signal-operation.js'

/** What the guards do with a route. */
export interface RouteFacts {
  readonly isPublic: boolean
  /** Null for a route without a limit. */
  readonly perMinute: number | null
}

const METHODS = ['get', 'put', 'post', 'patch', 'delete'] as const
const PROVIDERS = ['google', 'github']

/** What any route may answer. */
const ERRORS_OF_ALL: readonly ErrorCode[] = ['invalid_request', 'internal_error']
/** What a route that wants a token may answer besides. */
const ERRORS_OF_CLOSED: readonly ErrorCode[] = [
  'invalid_token',
  'token_expired',
  'session_ended',
  'invalid_dpop_proof',
  'use_dpop_nonce',
  'dpop_required',
  'rate_limited',
  'unavailable',
]

/**
 * Adds to what Swagger read from the code what it cannot know: answers, errors, who may, how often.
 *
 * @param facts by `Controller.method`, which Swagger was told to use as `operationId`
 * @throws Error  a route has no entry in operations.ts
 */
export function completeDocument(
  read: OpenAPIObject,
  facts: ReadonlyMap<string, RouteFacts>,
): OpenAPIObject {
  const schemas = commonSchemas()
  const paths: OpenAPIObject['paths'] = {}
  for (const [path, item] of Object.entries(read.paths)) {
    if (UNDOCUMENTED.some((pattern) => pattern.test(path))) continue
    const operations = METHODS.flatMap((method) => {
      const found = item[method]
      if (!found) return []
      const operation = OPERATIONS.get(`${method.toUpperCase()} ${path}`)
      const fact = facts.get(handlerOf(found))
      if (!operation || !fact) throw new Error(`src/docs/operations.ts has no ${method} ${path}`)
      return [[method, complete(found, operation, fact, schemas)] as const]
    })
    paths[path] = Object.fromEntries(operations)
  }
  paths[SIGNAL_PATH] = { get: signalOperation() }
  const all = Object.values(paths).flatMap((item) => METHODS.map((method) => item[method]))
  const tags = new Set(all.flatMap((operation) => operation?.tags ?? []))
  return {
    ...read,
    tags: [...tags].map((name) => ({ name })),
    paths,
    components: { ...read.components, schemas },
  }
}

function complete(
  found: OperationObject,
  operation: Operation,
  { isPublic, perMinute }: RouteFacts,
  schemas: Schemas,
): OperationObject {
  const errors: readonly ErrorOfRoute[] = [
    ...ERRORS_OF_ALL,
    ...(found.requestBody ? (['body_too_large', 'unsupported_media_type'] as const) : []),
    ...(isPublic ? [] : ERRORS_OF_CLOSED),
    ...(perMinute === null ? [] : ['rate_limited' as const]),
    ...operation.errors,
  ]
  const rate = perMinute === null ? [] : [`At most ${perMinute} a minute.`]
  const answers = Object.entries(operation.answers).map(
    ([status, answer]) => [status, answerResponse(answer, schemas)] as const,
  )
  return {
    operationId: operation.id,
    tags: [operation.tag],
    summary: operation.summary,
    description: [...(operation.description ? [operation.description] : []), ...rate].join(' '),
    parameters: (found.parameters ?? []).map(completeParameter),
    ...(found.requestBody ? { requestBody: found.requestBody } : {}),
    responses: { ...Object.fromEntries(answers), ...errorResponses(errors) },
    security: isPublic ? [] : [{ bearer: [] }],
  }
}

/** Swagger numbers the paths of a handler that has several: `AuthController.begin[1]`. */
function handlerOf({ operationId = '' }: OperationObject): string {
  return operationId.replace(/\[\d+\]$/, '')
}

type Parameter = NonNullable<OperationObject['parameters']>[number]

/** A parameter with a default may be left out, and there are two providers. */
function completeParameter(parameter: Parameter): Parameter {
  if (!('schema' in parameter)) return parameter
  if (parameter.name === 'provider') {
    return { ...parameter, schema: { type: 'string', enum: PROVIDERS } }
  }
  return 'default' in parameter.schema ? { ...parameter, required: false } : parameter
}
