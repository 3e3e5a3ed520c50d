import { healthAnswer, rootAnswer } from '../../health/health.controller.js'
import type { ErrorCode } from '../error-codes.js'
import type { Operation } from '../operation.js'

export const HEALTH_OPERATIONS: readonly (readonly [string, Operation])[] = [
  [
    'GET /',
    {
      id: 'root',
      tag: 'Operations',
      summary: 'What this hub is, and where its source is',
      answers: { 200: { description: 'The hub', name: 'Root', schema: rootAnswer } },
      errors: [],
    },
  ],
  [
    'GET /health',
    {
      id: 'health',
      tag: 'Operations',
      summary: 'How the hub is',
      description: 'Answers within a second whatever the database does.',
      answers: {
        200: { description: 'Healthy or degraded', name: 'Health', schema: healthAnswer },
      },
      errors: [],
    },
  ],
  ['GET /livez', probe('livez', 'Does the process answer?', [])],
  ['GET /readyz', probe('readyz', 'Should this instance get traffic?', ['unavailable'])],
  [
    'GET /docs',
    {
      id: 'docs',
      tag: 'Operations',
      summary: 'This document, to read and try',
      answers: { 200: { description: 'A page', mediaType: 'text/html' } },
      errors: [],
    },
  ],
  [
    'GET /api/openapi.json',
    {
      id: 'openapi',
      tag: 'Operations',
      summary: 'This document',
      answers: { 200: { description: 'OpenAPI 3.1', mediaType: 'application/json' } },
      errors: [],
    },
  ],
]

function probe(id: string, summary: string, errors: readonly ErrorCode[]): Operation {
  const answers = { 200: { description: 'Yes: `ok`', mediaType: 'text/plain' } }
  return { id, tag: 'Operations', summary, answers, errors }
}
