import { deviceAuthorizationAnswer } from '../../auth/oauth/device.schema.js'
import type { Operation } from '../operation.js'

const PAGE = { mediaType: 'text/html' }

export const DEVICE_OPERATIONS: readonly (readonly [string, Operation])[] = [
  [
    'POST /oauth/device',
    {
      id: 'deviceAuthorization',
      tag: 'OAuth',
      summary: 'Connect a device that has no browser: two codes (RFC 8628 §3.1)',
      description:
        'A form, or the same as JSON: `client_id=desktop`. Show `user_code` and `verification_uri` to a person, then poll `POST /token` every `interval` seconds. With a `DPoP` header only the same key can poll, and the session is bound to it (RFC 9449).',
      answers: {
        200: {
          description: 'The codes',
          name: 'DeviceAuthorization',
          schema: deviceAuthorizationAnswer,
        },
      },
      errors: [
        'body_too_large',
        'unsupported_media_type',
        'invalid_client',
        { code: 'invalid_client', status: 401 },
        'unauthorized_client',
        { code: 'invalid_dpop_proof', status: 400 },
        { code: 'use_dpop_nonce', status: 400 },
        'unavailable',
      ],
    },
  ],
  [
    'GET /device',
    {
      id: 'devicePage',
      tag: 'OAuth',
      summary: 'The page where a person types the code that a device shows',
      description:
        '`user_code` is filled in and not sent; `error` is how the login before failed. A browser that asks at another name of the hub is sent to this one first (302).',
      answers: { 200: { description: 'The page', ...PAGE } },
      errors: [],
    },
  ],
  [
    'POST /device',
    {
      id: 'deviceShown',
      tag: 'OAuth',
      summary: 'The page that shows which device asks, and the providers to log in with',
      description:
        'The form of that page. Every code typed counts for the limit. A code that is unknown, expired or decided gets the same answer. Browsers get errors as a page.',
      answers: {
        200: {
          description: 'The page',
          ...PAGE,
          headers: { 'set-cookie': 'Ties the login to the browser' },
        },
      },
      errors: ['invalid_user_code', 'provider_not_configured', 'unavailable'],
    },
  ],
  [
    'GET /device/confirm',
    {
      id: 'deviceQuestion',
      tag: 'OAuth',
      summary: 'The page that asks whether to connect the device, after the login',
      description: '`state` is good for ten minutes, in the browser that logged in.',
      answers: { 200: { description: 'The page', ...PAGE } },
      errors: ['invalid_login_state', 'invalid_user_code', 'unavailable'],
    },
  ],
  [
    'POST /device/confirm',
    {
      id: 'deviceDecision',
      tag: 'OAuth',
      summary: 'Connect the device, or turn it away',
      description:
        'The form of that page: `state`, good once, and `decision`, `approve` or `deny`. A form of another site is refused.',
      answers: { 200: { description: 'The page that says so', ...PAGE } },
      errors: ['invalid_login_state', 'invalid_user_code', 'unavailable'],
    },
  ],
]
