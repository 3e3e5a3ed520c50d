import { logoutAnswer, tokensAnswer } from '../../auth/auth.schema.js'
import type { Operation } from '../operation.js'

export const LOGIN_OPERATIONS: readonly (readonly [string, Operation])[] = [
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
]

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
