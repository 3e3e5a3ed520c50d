import { EXIT, Failure } from './failure.mjs'

const TIMEOUT_MS = 15_000

/** The hub at one origin. Every failure says what to do about it. */
export class Hub {
  constructor(origin) {
    this.origin = origin
  }

  /** What the hub says of its login, or null: a hub that has none for programs like this one. */
  async loginMetadata() {
    const answer = await this.ask('GET', '/.well-known/oauth-authorization-server')
    if (answer.status === 404) return null
    const metadata = this.expect(answer)
    if (metadata.issuer !== this.origin)
      throw new Failure(
        EXIT.usage,
        `the hub at ${this.origin} calls itself ${metadata.issuer}, and a proof names the hub it is for`,
        `If that is the hub you mean, use --hub ${metadata.issuer}`,
      )
    return metadata
  }

  async accountId(token) {
    return this.expect(await this.ask('GET', '/users/me', { token })).id
  }

  async challenge(token) {
    return this.expect(await this.ask('POST', '/nodes/challenge', { token }))
  }

  /** Resolves with the node, and whether it is this account's by this proof. */
  async prove(token, body) {
    const answer = await this.ask('POST', '/nodes', { token, body })
    return { node: this.expect(answer), isNew: answer.status === 201 }
  }

  /** A code for tokens (RFC 6749 §4.1.3). */
  async redeem(endpoint, form) {
    const answer = await this.ask('POST', new URL(endpoint).pathname, { form })
    return this.expect(answer).access_token
  }

  /** Ends the session of the token; what is wrong with that is nobody's business now. */
  async logOut(token) {
    await this.ask('POST', '/logout', { token }).catch(() => undefined)
  }

  async ask(method, path, { token, body, form } = {}) {
    let response
    try {
      response = await fetch(this.origin + path, {
        method,
        redirect: 'error',
        signal: AbortSignal.timeout(TIMEOUT_MS),
        headers: {
          accept: 'application/json',
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(form === undefined ? {} : { body: new URLSearchParams(form) }),
      })
    } catch (error) {
      throw unreachable(this.origin, error)
    }
    return { status: response.status, body: await jsonOf(response), headers: response.headers }
  }

  /** The body of a success. */
  expect({ status, body, headers }) {
    if (body === null)
      throw new Failure(
        EXIT.unreachable,
        `what answers at ${this.origin} is no hub (status ${status}, no JSON)`,
        'See that --hub is the address of a hub.',
      )
    if (status < 300) return body
    const { detail = 'no reason given', error_code: code = 'unknown', request_id: id } = body
    const what = `the hub refused: ${detail}${id === undefined ? '' : ` (${code}, request ${id})`}`
    if (status === 401) throw new Failure(EXIT.login, what, MENDS.login)
    if (status === 429) {
      const seconds = headers.get('retry-after') ?? '60'
      throw new Failure(EXIT.unreachable, what, `Try again in ${seconds} seconds.`)
    }
    if (status === 404) throw new Failure(EXIT.refused, what, MENDS.old)
    if (status >= 500) throw new Failure(EXIT.unreachable, what, MENDS.later)
    throw new Failure(EXIT.refused, what, MENDS[code] ?? MENDS.any)
  }
}

const MENDS = {
  login: 'Your token is not good any more: log in again, or use --login.',
  old: 'This hub is too old to take proofs: ask its operator to update it.',
  later: 'Nothing is lost: try again in a while.',
  any: 'Mend what the hub names, then try again.',
  node_taken:
    'Another account of this hub has proven this node. If both are yours, use that one, or --transfer to bring the node over.',
  challenge_invalid: 'Try again: between challenge and answer too much time went by.',
  node_id_collision: 'Make a new key for this node: another key with the same id was first.',
  certificate_expired:
    'Let your client renew the certificate, or make one with openssl; the key stays.',
  dpop_key_mismatch: 'Use --login, or a token that is not bound to another key.',
}

function unreachable(origin, error) {
  const cause = error.cause ?? error
  const isRedirect = /redirect/i.test(String(cause.message))
  if (isRedirect)
    return new Failure(
      EXIT.usage,
      `${origin} sends elsewhere`,
      'Give the address that the hub itself has: see where a browser ends up.',
    )
  const why =
    error.name === 'TimeoutError' ? 'no answer in 15 seconds' : (cause.code ?? cause.message)
  return new Failure(
    EXIT.unreachable,
    `cannot reach the hub at ${origin} (${why})`,
    'See that the address is right and the network is up.',
  )
}

async function jsonOf(response) {
  try {
    return await response.json()
  } catch {
    return null
  }
}
