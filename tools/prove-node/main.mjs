/**
 * Proves the key of a node to a hub: `node tools/prove-node --help`. Needs Node ≥ 20.19 and nothing else.
 */
import { EXIT, Failure } from './failure.mjs'
import { Hub } from './hub.mjs'
import {
  describeKey,
  isReadByOthers,
  namesOf,
  readKey,
  readNodeCertificate,
  readText,
  signLines,
} from './keys.mjs'
import { logIn } from './login.mjs'
import { HELP, readOptions } from './options.mjs'
import { askSecret, readInput } from './terminal.mjs'

const say = (text) => process.stdout.write(`${text}\n`)
const warn = (text) => process.stderr.write(`${text}\n`)

async function main(args) {
  const options = readOptions(args)
  if (options === null) return say(HELP)
  const key = await openKey(options)
  const certificate = readNodeCertificate(options.certificateFile, key, options.keyFile)
  const { long, short } = namesOf(key)
  say(`Key       ${describeKey(key)}, ${options.keyFile}`)
  say(
    `Node      ${certificate.nodeId} (${certificate.nodeId === long ? short : long} is the same node)`,
  )
  say(`Identity  ${certificate.spkiSha256}`)
  const hub = new Hub(options.origin)
  const token = await tokenFor(hub, options)
  try {
    await prove(hub, token, key, certificate, options)
  } finally {
    if (options.isLogin) await hub.logOut(token)
  }
}

async function openKey({ keyFile, passphraseFile }) {
  const given =
    passphraseFile === null
      ? null
      : firstLine(readText(passphraseFile, 'the passphrase', '--passphrase-file'))
  const key = readKey(keyFile, given)
  if (key && isReadByOthers(keyFile))
    warn(
      `Warning: others on this machine can read ${keyFile}. Whoever reads it can be your node: chmod 600 it.`,
    )
  if (key) return key
  const typed = await askSecret(`Passphrase of ${keyFile}: `)
  if (typed === null)
    throw new Failure(
      EXIT.usage,
      `${keyFile} is encrypted`,
      'Run this at a terminal, or give the passphrase with --passphrase-file.',
    )
  return readKey(keyFile, typed)
}

async function tokenFor(hub, options) {
  if (options.isLogin) return logIn(hub, options, warn)
  const token = await givenToken(options)
  if (token === '')
    throw new Failure(
      EXIT.login,
      'the hub must know who you are',
      'Use --login, or give a token of yours with --token-file, DPC_HUB_TOKEN or standard input.',
    )
  if (!/^[\x21-\x7e]+$/.test(token))
    throw new Failure(
      EXIT.login,
      'what was given as a token is none',
      'Give an access token alone.',
    )
  // Says so before anything is signed, if the hub goes by another address.
  await hub.loginMetadata()
  return token
}

async function givenToken({ token, tokenFile }) {
  if (token !== null) {
    warn(
      'Warning: a token on the command line can be read by other programs of this machine. Prefer --token-file.',
    )
    return token.trim()
  }
  if (tokenFile !== null) return readText(tokenFile, 'the token', '--token-file').trim()
  return (process.env.DPC_HUB_TOKEN ?? (await readInput())).trim()
}

async function prove(hub, token, key, certificate, { label, isTransfer }) {
  const { nodeId, spkiSha256, pem } = certificate
  const accountId = await hub.accountId(token)
  say(`Hub       ${hub.origin}, account ${accountId}`)
  const sent = await hub.challenge(token)
  const lines = [
    'dpc-hub node-proof v1',
    hub.origin,
    String(accountId),
    nodeId,
    spkiSha256,
    sent.challenge,
    sent.expires_at,
  ]
  const { node, isNew } = await hub.prove(token, {
    certificate: pem,
    challenge_id: sent.challenge_id,
    signature: signLines(key, lines),
    ...(label === null ? {} : { label }),
    ...(isTransfer ? { transfer: true } : {}),
  })
  tellOutcome(node, isNew)
}

function tellOutcome({ node_id: nodeId }, isNew) {
  say('')
  say(`Proven: ${nodeId} belongs to your account.`)
  say(
    isNew
      ? 'It was not your account’s before. Whoever had registered it without the key has lost it, and is disconnected.'
      : 'It was your account’s before; now the hub knows that its key is yours, too.',
  )
  say(
    'Nobody gets it without the key any more. Keep the key safe: whoever has it can bring the node to another account.',
  )
  say(
    'Your client needs no change: log in with this account as ever, and it runs as the proven node.',
  )
}

function firstLine(text) {
  return text.split(/\r?\n/, 1)[0] ?? ''
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof Failure)) throw error
  warn(`Error: ${error.message}`)
  warn(error.mend)
  process.exitCode = error.exitCode
}
