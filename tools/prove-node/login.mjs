import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'

import { EXIT, Failure } from './failure.mjs'

const CLIENT_ID = 'desktop'
const PATIENCE_MS = 5 * 60_000

/**
 * Logs a person in with their browser: code and PKCE, back to a port of this machine that is open for
 * this one login (RFC 8252 §7.3, RFC 7636). Resolves with an access token.
 */
export async function logIn(hub, { provider, opensBrowser }, tell) {
  const metadata = await hub.loginMetadata()
  if (!metadata)
    throw failure('this hub has no login for programs', 'Give a token of yours with --token-file.')
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const redirectUri = `http://127.0.0.1:${server.address().port}/callback`
    const [verifier, state] = [randomText(), randomText()]
    const url = new URL(metadata.authorization_endpoint)
    url.search = new URLSearchParams({
      response_type: 'code',
      client_id: CLIENT_ID,
      redirect_uri: redirectUri,
      state,
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
      ...(provider === null ? {} : { provider }),
    }).toString()
    tell(`Log in with your browser:\n  ${url.href}\n`)
    if (opensBrowser) openBrowser(url.href)
    const code = await codeFrom(server, { state, issuer: hub.origin })
    return await hub.redeem(metadata.token_endpoint, {
      grant_type: 'authorization_code',
      code,
      redirect_uri: redirectUri,
      client_id: CLIENT_ID,
      code_verifier: verifier,
    })
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

/** Waits for the browser to come back; whatever else comes is sent away. */
function codeFrom(server, { state, issuer }) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(failure('nobody logged in within 5 minutes', 'Try again.')),
      PATIENCE_MS,
    )
    server.on('request', (request, response) => {
      const { pathname, searchParams: query } = new URL(request.url, 'http://127.0.0.1')
      const isOurs = query.get('state') === state && query.get('iss') === issuer
      if (pathname !== '/callback' || !isOurs) {
        response.writeHead(404).end('This belongs to no login.')
        return
      }
      clearTimeout(timer)
      const code = query.get('code')
      const isDone = code !== null
      response
        .writeHead(200, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' })
        .end(
          isDone
            ? 'You are logged in. Close this page and see the terminal.'
            : 'The login failed. See the terminal.',
        )
      response.once('close', () => {
        if (isDone) resolve(code)
        else reject(failure(`the login failed: ${reasonIn(query)}`, 'Try again.'))
      })
    })
  })
}

function reasonIn(query) {
  return query.get('error_description') ?? query.get('error') ?? 'no reason given'
}

/** What cannot be opened can be copied: the address is printed too. */
function openBrowser(url) {
  const [command, ...args] = {
    darwin: ['open', url],
    win32: ['rundll32', 'url.dll,FileProtocolHandler', url],
  }[process.platform] ?? ['xdg-open', url]
  const child = spawn(command, args, { stdio: 'ignore', detached: true })
  child.on('error', () => undefined)
  child.unref()
}

function randomText() {
  return randomBytes(32).toString('base64url')
}

function failure(what, mend) {
  return new Failure(EXIT.login, what, mend)
}
