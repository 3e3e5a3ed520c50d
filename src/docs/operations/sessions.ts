import { eventsAnswer, sessionsAnswer } from '../../auth/sessions.schema.js'
import type { Operation } from '../operation.js'

export const SESSION_OPERATIONS: readonly (readonly [string, Operation])[] = [
  [
    'GET /sessions',
    {
      id: 'sessions',
      tag: 'Sessions',
      summary: 'Who is logged in to your account',
      description:
        'The live sessions, newest first, at most 500. Times are to the hour; `place` is the network the session began in, /24 or /48.',
      answers: { 200: { description: 'The sessions', name: 'Sessions', schema: sessionsAnswer } },
      errors: [],
    },
  ],
  [
    'DELETE /sessions/{session_id}',
    {
      id: 'endSession',
      tag: 'Sessions',
      summary: 'End one session of your account',
      description:
        'Its tokens are dead before the answer. Its socket closes with 4501, within 2 seconds if this instance holds it.',
      answers: { 204: { description: 'Ended' } },
      errors: ['session_not_found'],
    },
  ],
  [
    'DELETE /sessions',
    {
      id: 'endSessions',
      tag: 'Sessions',
      summary: 'End all sessions of your account, or all but this one',
      description:
        '`keep=current` spares the caller’s. Sessions that are not of a classic client need a login younger than 5 minutes.',
      answers: { 204: { description: 'Ended' } },
      errors: ['fresh_login_required'],
    },
  ],
  [
    'GET /me/events',
    {
      id: 'events',
      tag: 'Sessions',
      summary: 'What happened to your account',
      description:
        'Logins, ended sessions, nodes registered, proven, lost: newest first, to the minute. Kept for 90 days, and of each kind the last hundred.',
      answers: { 200: { description: 'The events', name: 'Events', schema: eventsAnswer } },
      errors: [],
    },
  ],
]
