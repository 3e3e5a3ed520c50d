import type { OpenAPIObject } from '@nestjs/swagger'
import { z } from 'zod'

import { ERROR_STATUS, type ErrorCode, type ErrorOfRoute } from './error-codes.js'
import type { Answer } from './operation.js'

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>
type Response = Exclude<Operation['responses'][string], { $ref: string } | undefined>
export type Schemas = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>
export type OperationObject = Operation
export type Responses = Record<string, Response>

/** As common/hub-error.ts has it. */
const errorBody = z.object({
  detail: z.string().meta({ description: 'What happened and what to do, for a person' }),
  error_code: z.enum([...ERROR_STATUS.keys()]).meta({ description: 'For programs; never changes' }),
  request_id: z.uuid().meta({ description: 'Quote it to the operator' }),
  issues: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
})

const RETRY_AFTER = { 'Retry-After': header('Seconds to wait, at least 1') }
const HEADERS = new Map<number, NonNullable<Response['headers']>>([
  [401, { 'WWW-Authenticate': header('Bearer') }],
  [429, RETRY_AFTER],
  [503, RETRY_AFTER],
])

/** The schemas that every document has. */
export function commonSchemas(): Schemas {
  return { ErrorBody: jsonSchema(errorBody) }
}

/** A success. Its schema goes into `schemas` under its name. */
export function answerResponse(answer: Answer, schemas: Schemas): Response {
  const { description, name, schema, mediaType, headers = {} } = answer
  if (schema && name !== undefined) schemas[name] = jsonSchema(schema)
  const json = name === undefined ? null : { 'application/json': { schema: reference(name) } }
  const content = json ?? (mediaType === undefined ? null : { [mediaType]: {} })
  const described = Object.entries(headers).map(([key, text]) => [key, header(text)] as const)
  return {
    description,
    ...(described.length > 0 ? { headers: Object.fromEntries(described) } : {}),
    ...(content ? { content } : {}),
  }
}

/** One response for each status, which lists the codes that come with it. */
export function errorResponses(errors: readonly ErrorOfRoute[]): Responses {
  const codesOf = new Map<number, Set<ErrorCode>>()
  for (const error of errors) {
    const { code, status } = typeof error === 'string' ? usual(error) : error
    codesOf.set(status, (codesOf.get(status) ?? new Set()).add(code))
  }
  const statuses = [...codesOf].sort(([one], [other]) => one - other)
  return Object.fromEntries(
    statuses.map(([status, codes]) => [status, errorResponse([...codes], HEADERS.get(status))]),
  )
}

function errorResponse(codes: readonly ErrorCode[], headers: Response['headers']): Response {
  const narrowed = { type: 'object', properties: { error_code: { enum: [...codes] } } }
  return {
    description: codes.map((code) => `\`${code}\``).join(', '),
    ...(headers ? { headers } : {}),
    content: { 'application/json': { schema: { allOf: [reference('ErrorBody'), narrowed] } } },
  }
}

function usual(code: ErrorCode): { code: ErrorCode; status: number } {
  const [status = 500] = ERROR_STATUS.get(code) ?? []
  return { code, status }
}

function header(description: string): { description: string; schema: { type: string } } {
  return { description, schema: { type: 'string' } }
}

function reference(name: string): { $ref: string } {
  return { $ref: `#/components/schemas/${name}` }
}

/** OpenAPI 3.1 takes JSON Schema 2020-12 as it is. */
function jsonSchema(schema: z.ZodType): object {
  return { ...z.toJSONSchema(schema, { io: 'output' }), $schema: undefined }
}
