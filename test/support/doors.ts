import { DEVICE_GRANT } from './device.js'
import type { Answer, TestHub } from './hub.js'
import { postForm } from './oauth-client.js'
import type { Credentials } from './rich-account.js'
import { upgrade } from './test-node.js'

/** Where a hub takes a credential of one kind: true if it took this one. */
export interface Door {
  readonly what: string
  /** @param known what belongs to the credential where one is not enough: a verifier, a cookie */
  readonly takes: (hub: TestHub, word: string, known: Credentials) => Promise<boolean>
}

const isTaken = async (answer: Promise<Answer>): Promise<boolean> => (await answer).status < 400

/** Every door of the hub that one opens with something one has, rather than with something one is. */
export const DOORS: readonly Door[] = [
  {
    what: 'the Authorization header',
    takes: (hub, word) => isTaken(hub.fetch('GET', '/users/me', { token: word })),
  },
  {
    what: 'the address of the socket',
    takes: (hub, word) => isUpgraded(`${hub.socketUrl}?token=${encodeURIComponent(word)}`),
  },
  {
    what: 'the address of the socket, for a ticket',
    takes: (hub, word) => isUpgraded(`${hub.socketUrl}?ticket=${encodeURIComponent(word)}`),
  },
  {
    what: 'the header of the socket',
    takes: (hub, word) => isUpgraded(hub.socketUrl, { authorization: `Bearer ${word}` }),
  },
  {
    what: 'the first frame of the socket',
    takes: async (hub, word) => {
      const { socket } = await upgrade(hub.socketUrl)
      socket?.send({ type: 'auth', token: word })
      const frame = await socket?.next()
      socket?.socket.terminate()
      return frame?.type === 'auth_ok'
    },
  },
  {
    what: 'POST /refresh',
    takes: (hub, word) => isTaken(tokensFor(hub, '/refresh', { refresh_token: word })),
  },
  {
    what: 'POST /token for a refresh token',
    takes: (hub, word) =>
      isTaken(postForm(hub, '/token', { grant_type: 'refresh_token', refresh_token: word })),
  },
  {
    what: 'POST /token for a code',
    takes: (hub, word, { authorizationCode: { verifier, redirectUri } }) =>
      isTaken(
        postForm(hub, '/token', {
          grant_type: 'authorization_code',
          client_id: 'desktop',
          code: word,
          redirect_uri: redirectUri,
          code_verifier: verifier,
        }),
      ),
  },
  {
    what: 'POST /token for a device code',
    takes: (hub, word) =>
      isTaken(
        postForm(hub, '/token', {
          grant_type: DEVICE_GRANT,
          client_id: 'desktop',
          device_code: word,
        }),
      ),
  },
  {
    what: 'the page for user codes',
    takes: (hub, word) => isTaken(postForm(hub, '/device', { user_code: word })),
  },
  {
    what: 'the page that asks about a device',
    takes: (hub, word, { confirmation: { cookie } }) =>
      isTaken(
        hub.fetch('GET', `/device/confirm?state=${encodeURIComponent(word)}`, {
          headers: { cookie },
        }),
      ),
  },
  {
    what: 'the way back from a provider',
    takes: async (hub, word, { callback: { url, cookie } }) => {
      const { pathname, searchParams } = new URL(url)
      searchParams.set('state', word)
      const path = `${pathname}?${searchParams.toString()}`
      const { headers } = await hub.fetch('GET', path, { headers: { cookie } })
      const query = new URL(headers.get('location') ?? 'none:').searchParams
      for (const name of ['access_token', 'refresh_token']) hub.tokens.push(...query.getAll(name))
      return query.has('access_token')
    },
  },
  {
    what: 'the login with a node key',
    takes: (hub, word, { nodeLogin }) =>
      isTaken(tokensFor(hub, '/auth/node/verify', { ...nodeLogin, challenge_id: word })),
  },
]

async function isUpgraded(url: string, headers: Record<string, string> = {}): Promise<boolean> {
  const { socket } = await upgrade(url, headers)
  socket?.socket.terminate()
  return socket !== null
}

/** The canary looks for what it answers. */
async function tokensFor(hub: TestHub, path: string, body: object): Promise<Answer> {
  const answer = await hub.fetch('POST', path, { body })
  const { access_token: access, refresh_token: refresh } = answer.body
  for (const token of [access, refresh]) if (typeof token === 'string') hub.tokens.push(token)
  return answer
}
