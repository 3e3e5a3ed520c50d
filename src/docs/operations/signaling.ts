import { ticketAnswer } from '../../auth/ticket.schema.js'
import { iceServersAnswer } from '../../ice/ice.schema.js'
import type { Operation } from '../operation.js'

export const SIGNALING_OPERATIONS: readonly (readonly [string, Operation])[] = [
  [
    'POST /ws/ticket',
    {
      id: 'socketTicket',
      tag: 'Signaling',
      summary: 'Get a ticket to open the signaling socket with',
      description:
        'For `/ws/signal?ticket=`: no lasting token stands in an address then. It opens one socket of this session, within 30 seconds, and needs no further proof of the key that the session is bound to.',
      answers: { 201: { description: 'The ticket', name: 'Ticket', schema: ticketAnswer } },
      errors: [],
    },
  ],
  [
    'GET /ice-servers',
    {
      id: 'iceServers',
      tag: 'Signaling',
      summary: 'STUN and TURN servers for a WebRTC connection',
      description:
        '`ice_servers` is what `RTCPeerConnection` takes. TURN credentials are made for this answer, are good for `ttl_seconds`, and name neither account nor node.',
      answers: {
        200: { description: 'The servers', name: 'IceServers', schema: iceServersAnswer },
      },
      errors: [],
    },
  ],
]
