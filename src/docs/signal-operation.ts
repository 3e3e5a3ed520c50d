import { errorResponses, type OperationObject } from './responses.js'

export const SIGNAL_PATH = '/ws/signal'

/** The upgrade to the signaling socket: no controller answers it, so no scanner finds it. */
export function signalOperation(): OperationObject {
  return {
    operationId: 'signal',
    tags: ['Signaling'],
    summary: 'Open the signaling socket',
    description:
      'A WebSocket upgrade (RFC 6455). Without any credential the first frame must be `{"type":"auth","token":…}` within 5 seconds. Frames and close codes are described in docs/protocol.md.',
    parameters: [
      {
        name: 'token',
        in: 'query',
        required: false,
        description: 'The access token, for clients that cannot set a header',
        schema: { type: 'string' },
      },
      {
        name: 'ticket',
        in: 'query',
        required: false,
        description:
          'A ticket of `POST /ws/ticket`: worthless once it was used, wherever addresses are logged',
        schema: { type: 'string' },
      },
    ],
    responses: {
      '101': { description: 'The socket is open; its first frame is `auth_ok`' },
      ...errorResponses([
        'invalid_request',
        'invalid_token',
        'token_expired',
        'ticket_invalid',
        'session_ended',
        'node_not_registered',
        'origin_not_allowed',
        'not_found',
        'rate_limited',
        'unavailable',
        'no_room',
        'replaced_too_often',
      ]),
    },
    security: [{ bearer: [] }, {}],
  }
}
