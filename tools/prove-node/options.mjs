import { homedir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { EXIT, Failure } from './failure.mjs'

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/

export const HELP = `Proves to a hub that you hold a node's key, so that nobody else can have its id there.

  node tools/prove-node --hub https://hub.example.org --login

Your key never leaves this machine: it signs a challenge of the hub. Your desktop client needs no change.

  --hub URL              the hub's own address, as its operator names it
  --key FILE             the node's private key, PEM (default ~/.dpc/node.key)
  --cert FILE            its self-signed certificate, PEM (default ~/.dpc/node.crt)
  --passphrase-file FILE the key's passphrase, if it has one; asked for otherwise
  --label TEXT           what you call the node; only you see it
  --transfer             bring the node over from another account that has proven it, too

Who you are at the hub, one of:

  --login                log in with the browser; the session ends when this is done
    --provider NAME      google or github; otherwise the hub lets you choose
    --no-browser         print the address instead of opening it
  --token-file FILE      an access token of yours, in a file
  DPC_HUB_TOKEN          the same in the environment
  (standard input)       the same, piped in
  --token TOKEN          the same on the command line, where other programs of this machine can read it

  --allow-http           let the token travel unencrypted to a hub that is not on this machine
  --help                 this text

Ends with 0 when the node is proven, 1 when the hub refused, 2 when options or files are wrong, 3 when you
are not logged in, 4 when the hub cannot be reached just now.
`

const OPTIONS = {
  hub: { type: 'string' },
  key: { type: 'string' },
  cert: { type: 'string' },
  'passphrase-file': { type: 'string' },
  label: { type: 'string' },
  transfer: { type: 'boolean', default: false },
  login: { type: 'boolean', default: false },
  provider: { type: 'string' },
  'no-browser': { type: 'boolean', default: false },
  'token-file': { type: 'string' },
  token: { type: 'string' },
  'allow-http': { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
}

/** Null when help is asked for. */
export function readOptions(args) {
  const values = parsed(args)
  if (values.help) return null
  const home = join(homedir(), '.dpc')
  const sources = ['login', 'token-file', 'token'].filter((name) => values[name])
  if (sources.length > 1)
    throw usage(`--${sources.join(' and --')} cannot stand together`, 'Give one of them.')
  return {
    origin: originOf(values.hub, values['allow-http']),
    keyFile: values.key ?? join(home, 'node.key'),
    certificateFile: values.cert ?? join(home, 'node.crt'),
    passphraseFile: values['passphrase-file'] ?? null,
    label: values.label ?? null,
    isTransfer: values.transfer,
    isLogin: values.login,
    provider: values.provider ?? null,
    opensBrowser: !values['no-browser'],
    tokenFile: values['token-file'] ?? null,
    token: values.token ?? null,
  }
}

function parsed(args) {
  try {
    return parseArgs({ args, options: OPTIONS }).values
  } catch (error) {
    throw usage(error.message, 'See --help.')
  }
}

/** The second line of what is signed: the hub compares it byte for byte. */
function originOf(text, allowsHttp) {
  if (text === undefined)
    throw usage('--hub is missing', 'Give the hub’s address: --hub https://hub.example.org')
  let url
  try {
    url = new URL(text)
  } catch {
    throw usage(`--hub: ${text} is no address`, 'Give it in full: https://hub.example.org')
  }
  if (!['https:', 'http:'].includes(url.protocol))
    throw usage(
      `--hub: ${url.protocol} is no way to a hub`,
      'Give an address that begins with https://',
    )
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '' || url.username !== '')
    throw usage(`--hub: ${text} is more than the hub’s own address`, `Give ${url.origin}`)
  if (url.protocol === 'http:' && !LOOPBACK.test(url.hostname) && !allowsHttp)
    throw usage(
      `--hub: ${url.origin} is not encrypted: whoever is on the way could take your token`,
      `Use ${url.origin.replace('http:', 'https:')}, or --allow-http if you trust the network.`,
    )
  return url.origin
}

function usage(what, mend) {
  return new Failure(EXIT.usage, what, mend)
}
