import {
  constants,
  createHash,
  createPrivateKey,
  createPublicKey,
  sign,
  X509Certificate,
} from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'

import { EXIT, Failure } from './failure.mjs'

const RSA_BITS = [2048, 3072, 4096]

/** Reads a private key: PKCS#8, PKCS#1 or SEC 1. Null: it is encrypted, and there is no passphrase. */
export function readKey(file, passphrase) {
  const pem = readText(file, 'the private key', '--key')
  if (!/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/.test(pem))
    throw usage(
      `${file} holds no private key`,
      /PUBLIC KEY|CERTIFICATE/.test(pem)
        ? 'Give the file that holds "BEGIN … PRIVATE KEY": this one is public.'
        : 'Give a PEM file: its first line is "-----BEGIN PRIVATE KEY-----" or the like.',
    )
  if (passphrase === null && /ENCRYPTED/.test(pem)) return null
  let key
  try {
    key = createPrivateKey({ key: pem, ...(passphrase === null ? {} : { passphrase }) })
  } catch (error) {
    if (passphrase !== null)
      throw usage(`${file} does not open with this passphrase`, 'See that it is the right one.')
    throw usage(
      `${file} cannot be read as a private key (${error.message})`,
      'See that the file is whole.',
    )
  }
  checkType(key, file)
  return key
}

/** Others on this machine who can read the file can be the node. Windows keeps rights elsewhere. */
export function isReadByOthers(file) {
  return process.platform !== 'win32' && (statSync(file).mode & 0o077) !== 0
}

/** Every name of the node, all of them derived from its key. */
export function namesOf(privateKey) {
  const publicKey = createPublicKey(privateKey)
  const hash = (bytes) => createHash('sha256').update(bytes).digest('hex')
  const hex = hash(publicKey.export({ type: 'spki', format: 'pem' }))
  return {
    long: `dpc-node-${hex.slice(0, 32)}`,
    short: `dpc-node-${hex.slice(0, 16)}`,
    spkiSha256: hash(publicKey.export({ type: 'spki', format: 'der' })),
  }
}

/** The certificate's text, and the id in it: its CN is the one the node goes by. */
export function readNodeCertificate(file, privateKey, keyFile) {
  const names = namesOf(privateKey)
  const pem = certificateText(file, privateKey, keyFile, names)
  let certificate
  try {
    certificate = new X509Certificate(pem)
  } catch {
    throw usage(
      `${file} is no certificate in PEM`,
      `Make one:\n${recipe(file, privateKey, keyFile, names)}`,
    )
  }
  if (!certificate.checkPrivateKey(privateKey))
    throw usage(
      `${file} is the certificate of another key than ${keyFile}`,
      'Give the two that belong together.',
    )
  const nodeId = /(?:^|\n)CN=([^\n]*)/.exec(certificate.subject)?.[1] ?? ''
  if (nodeId !== names.long && nodeId !== names.short)
    throw usage(
      `${file} names ${nodeId === '' ? 'no node' : nodeId} as its CN, and the key is ${names.long}`,
      `Make a certificate for this key:\n${recipe(file, privateKey, keyFile, names)}`,
    )
  // Written anew: the file may hold the private key as well, which leaves this machine never.
  return { pem: certificate.toString(), nodeId, spkiSha256: names.spkiSha256 }
}

/** What a person knows the key by. */
export function describeKey({ asymmetricKeyType: type, asymmetricKeyDetails: details }) {
  if (type === 'rsa') return `RSA-${details.modulusLength}`
  return type === 'ec' ? 'P-256' : 'Ed25519'
}

/** The one algorithm each type of key has (docs/protocol.md); base64url. */
export function signLines(key, lines) {
  const bytes = Buffer.from(lines.join('\n'), 'utf8')
  return signBytes(key, bytes).toString('base64url')
}

function signBytes(key, bytes) {
  if (key.asymmetricKeyType === 'ed25519') return sign(null, bytes, key)
  if (key.asymmetricKeyType === 'ec') return sign('sha256', bytes, { key, dsaEncoding: 'der' })
  return sign('sha256', bytes, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 })
}

function checkType({ asymmetricKeyType: type, asymmetricKeyDetails: details }, file) {
  if (type === 'rsa' && RSA_BITS.includes(details.modulusLength)) return
  if (type === 'ec' && details.namedCurve === 'prime256v1') return
  if (type === 'ed25519') return
  const found = [type, details?.modulusLength ?? details?.namedCurve].filter(Boolean).join(' ')
  throw usage(
    `${file} holds a key of the type ${found}`,
    'A node has RSA with 2048, 3072 or 4096 bits, P-256, or Ed25519.',
  )
}

function certificateText(file, privateKey, keyFile, names) {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (error.code !== 'ENOENT') throw unreadable(error, file, 'the certificate', '--cert')
    throw usage(
      `there is no certificate at ${file}`,
      `Give it with --cert, or make one for this key:\n${recipe(file, privateKey, keyFile, names)}`,
    )
  }
}

/** How OpenSSL makes the certificate that the node's client would. */
function recipe(file, { asymmetricKeyType }, keyFile, { long }) {
  const digest = asymmetricKeyType === 'ed25519' ? '' : ' -sha256'
  return `  openssl req -x509 -new -key "${keyFile}" -subj "/CN=${long}" -days 3650${digest} -out "${file}"`
}

export function readText(file, what, option) {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw unreadable(error, file, what, option)
  }
}

function unreadable(error, file, what, option) {
  const why = error.code === 'ENOENT' ? 'is not there' : `cannot be read (${error.code})`
  return usage(`${what} at ${file} ${why}`, `Say where it is with ${option}.`)
}

function usage(what, mend) {
  return new Failure(EXIT.usage, what, mend)
}
