import { introspectionAnswer, revocationAnswer } from '../../auth/oauth/inspection.schema.js'
import { metadataAnswer } from '../../auth/oauth/metadata.controller.js'
import { tokenAnswer } from '../../tokens/token-answer.js'
import type { Operation } from '../operation.js'

const OAUTH_ERRORS =
  'Errors carry `error` and `error_description` (RFC 6749 §5.2) beside the fields of every error here.'

export const OAUTH_OPERATIONS: readonly (readonly [string, Operation])[] = [
  [
    'GET /oauth/authorize',
    {
      id: 'authorize',
      tag: 'OAuth',
      summary: 'Log in with a browser, for a code (RFC 6749 §4.1, RFC 7636)',
      description:
        'Parameters: `client_id` (`desktop`, `web`), `redirect_uri`, `response_type=code`, `state`, `code_challenge`, `code_challenge_method=S256`, and if wanted `provider` and `dpop_jkt`. Without `provider` the person chooses on a page. Faults go back to the client, once its address is known to be good.',
      answers: {
        200: { description: 'The choice of a provider', mediaType: 'text/html' },
        302: { description: 'To the provider', headers: { location: 'The provider’s page' } },
        303: {
          description: 'To the client, with what is wrong',
          headers: { location: 'With `error`, `error_description`, `state` and `iss`' },
        },
      },
      errors: ['invalid_client', 'invalid_redirect_uri', 'unsupported_response_type'],
    },
  ],
  [
    'POST /token',
    {
      id: 'token',
      tag: 'OAuth',
      summary: 'Tokens for a code, a refresh token or a device code',
      description: `A form (RFC 6749 §3.2), or the same as JSON. With a \`DPoP\` header the session is bound to its key (RFC 9449). A code is used up by whoever presents it; its second use ends the session. A valid refresh token is never limited, all else 30 times a minute by address, polls of devices 600 times. ${OAUTH_ERRORS}`,
      answers: { 200: { description: 'Tokens', name: 'ModernTokens', schema: tokenAnswer } },
      errors: [
        'body_too_large',
        'unsupported_media_type',
        'invalid_grant',
        'authorization_pending',
        'slow_down',
        'access_denied',
        'expired_token',
        'unsupported_grant_type',
        'invalid_client',
        { code: 'invalid_client', status: 401 },
        { code: 'invalid_dpop_proof', status: 400 },
        { code: 'use_dpop_nonce', status: 400 },
        'rate_limited',
        'unavailable',
      ],
    },
  ],
  [
    'POST /oauth/introspect',
    {
      id: 'introspect',
      tag: 'OAuth',
      summary: 'What a token of your account is good for (RFC 7662)',
      description: `\`token\` is an access or a refresh token. Of tokens that are not your account’s nothing is told. ${OAUTH_ERRORS}`,
      answers: {
        200: { description: 'What it is', name: 'Introspection', schema: introspectionAnswer },
      },
      errors: [],
    },
  ],
  [
    'POST /oauth/revoke',
    {
      id: 'revoke',
      tag: 'OAuth',
      summary: 'End the session of a token of your account (RFC 7009)',
      description: `\`token\` is an access or a refresh token; either ends the whole session. 200 also when there is nothing to end. ${OAUTH_ERRORS}`,
      answers: {
        200: {
          description: 'It is good for nothing',
          name: 'Revocation',
          schema: revocationAnswer,
        },
      },
      errors: [],
    },
  ],
  [
    'GET /.well-known/oauth-authorization-server',
    {
      id: 'authorizationServer',
      tag: 'OAuth',
      summary: 'What this authorization server is (RFC 8414)',
      answers: {
        200: { description: 'Its endpoints', name: 'AuthorizationServer', schema: metadataAnswer },
      },
      errors: [],
    },
  ],
]
