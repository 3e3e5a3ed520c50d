import type { z } from 'zod'

import { logoutAnswer, tokensAnswer } from '../auth/auth.schema.js'
import { searchAnswer } from '../discovery/discovery.schema.js'
import { healthAnswer, rootAnswer } from '../health/health.controller.js'
import { CERTIFICATE_ERROR_CODES } from '../identity/certificate.errors.js'
import { registrationAnswer } from '../nodes/nodes.schema.js'
import { meAnswer, profileAnswer } from '../profiles/profiles.schema.js'
import type { ErrorCode, ErrorOfRoute } from './error-codes.js'

/** What a route says that its code cannot: parameters and bodies are read from the code itself. */
export interface Operation {
  /** The `operationId`: clients are generated with it as a name. */
  readonly id: string
  readonly tag: 'Login' | 'Nodes' | 'Profiles' | 'Discovery' | 'Operations'
  readonly summary: string
  readonly description?: string
  readonly answers: Readonly<Record<number, Answer>>
  /** Beside those that every route, every closed route or every limited route may answer. */
  readonly errors: readonly ErrorOfRoute[]
}

export interface Answer {
  readonly description: string
  /** The name its schema goes by in the document. */
  readonly name?: string
  readonly schema?: z.ZodType
  /** Of a body that is not JSON. */
  readonly mediaType?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** By method and path, as the document spells them. A route that is not here makes the test fail. */
export const OPERATIONS: ReadonlyMap<string, Operation> = new Map<string, Operation>([
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
  ['GET /login/{provider}', login('login')],
  ['GET /auth/login/{provider}', login('loginAlias')],
  ['GET /auth/{provider}/callback', callback('loginCallback')],
  ['GET /auth/callback/{provider}', callback('loginCallbackAlias')],
  [
    'POST /refresh',
    {
      id: 'refresh',
      tag: 'Login',
      summary: 'New tokens for a session',
      description:
        'A valid token is never limited. The same token may be presented again until its successor is used; 30 seconds after that it ends the session.',
      answers: { 200: { description: 'New tokens', name: 'Tokens', schema: tokensAnswer } },
      errors: ['invalid_refresh_token', 'rate_limited', 'unavailable'],
    },
  ],
  [
    'POST /logout',
    {
      id: 'logout',
      tag: 'Login',
      summary: 'End this session',
      description:
        'Its tokens are dead everywhere before the answer; its socket closes with 4501 within 2 seconds.',
      answers: { 200: { description: 'Ended', name: 'Logout', schema: logoutAnswer } },
      errors: [],
    },
  ],
  [
    'POST /register-node-id',
    {
      id: 'registerNode',
      tag: 'Nodes',
      summary: 'Register a node by its self-signed certificate',
      description:
        'Doing it again renews the certificate. The `error_code` of a refusal names the check that failed, `detail` what was expected.',
      answers: {
        200: { description: 'Registered', name: 'Registration', schema: registrationAnswer },
      },
      errors: [...CERTIFICATE_ERROR_CODES, 'node_taken', 'node_id_collision', 'node_reserved'],
    },
  ],
  [
    'GET /users/me',
    {
      id: 'me',
      tag: 'Profiles',
      summary: 'The account of this session',
      answers: { 200: { description: 'The account', name: 'Me', schema: meAnswer } },
      errors: [],
    },
  ],
  [
    'GET /profile',
    {
      id: 'ownProfile',
      tag: 'Profiles',
      summary: 'Your profile',
      answers: { 200: { description: 'The profile', name: 'Profile', schema: profileAnswer } },
      errors: ['profile_not_found'],
    },
  ],
  [
    'PUT /profile',
    {
      id: 'publishProfile',
      tag: 'Profiles',
      summary: 'Publish or replace your profile',
      answers: { 200: { description: 'As kept', name: 'Profile', schema: profileAnswer } },
      errors: [],
    },
  ],
  [
    'DELETE /profile',
    {
      id: 'deleteAccount',
      tag: 'Profiles',
      summary: 'Delete your account',
      description:
        'With its nodes, profile, sessions and connections. There is no way back. Sessions that are not of a classic client need a login younger than 5 minutes.',
      answers: { 204: { description: 'Gone' } },
      errors: ['fresh_login_required'],
    },
  ],
  [
    'GET /profile/{node_id}',
    {
      id: 'profileOfNode',
      tag: 'Profiles',
      summary: 'The profile of the account that has this node',
      answers: { 200: { description: 'The profile', name: 'Profile', schema: profileAnswer } },
      errors: ['profile_not_found'],
    },
  ],
  [
    'GET /discovery/search',
    {
      id: 'search',
      tag: 'Discovery',
      summary: 'Who is good at something',
      description: 'Skills are found however they are spelled or cased. The first 50, best first.',
      answers: { 200: { description: 'Who was found', name: 'Found', schema: searchAnswer } },
      errors: [],
    },
  ],
])

/** Routes left out on purpose: for this machine only, or parts of a page. */
export const UNDOCUMENTED: readonly RegExp[] = [/^\/dev-login\//, /^\/docs\//]

function probe(id: string, summary: string, errors: readonly ErrorCode[]): Operation {
  const answers = { 200: { description: 'Yes: `ok`', mediaType: 'text/plain' } }
  return { id, tag: 'Operations', summary, answers, errors }
}

function login(id: string): Operation {
  return {
    id,
    tag: 'Login',
    summary: 'Log in with a browser: away to the provider',
    answers: {
      302: {
        description: 'To the provider',
        headers: { location: 'The provider’s page', 'set-cookie': 'Ties the login to the browser' },
      },
    },
    errors: ['unknown_provider', 'legacy_login_disabled', 'provider_not_configured', 'unavailable'],
  }
}

function callback(id: string): Operation {
  return {
    id,
    tag: 'Login',
    summary: 'Log in with a browser: back from the provider',
    answers: {
      303: {
        description: 'To the client that waits at http://127.0.0.1:8080/callback',
        headers: {
          location:
            'With `access_token` and `refresh_token`, or with `error` and `error_description`, in the query',
        },
      },
    },
    errors: ['unknown_provider', 'invalid_login_state', 'legacy_login_disabled', 'unavailable'],
  }
}
