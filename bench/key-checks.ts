/**
 * `npm run bench:keys`: what the checks of a node's key and certificate cost, against the bare
 * verification of the certificate's signature in the same run. See docs/performance.md.
 */
// NOTE: @peculiar/x509 looks for it as soon as it is loaded.
import 'reflect-metadata'

import { constants, createPublicKey, KeyObject, sign, verify } from 'node:crypto'
import { parseArgs } from 'node:util'

import {
  BasicConstraintsExtension,
  X509CertificateGenerator,
  type X509Certificate,
} from '@peculiar/x509'

import { readCertificate } from '../src/identity/certificate-fields.js'
import { checkRegistration } from '../src/identity/certificate.js'
import { readDer } from '../src/identity/der.js'
import { nodeIdsOf } from '../src/identity/node-id.js'
import { isSignedBy } from '../src/identity/proof.js'
import type { Measurement } from './measure.js'
import { compare, table } from './report.js'

const { values: options } = parseArgs({ options: { small: { type: 'boolean', default: false } } })
/** Keys differ in what their checks cost, so there are several of each kind. */
const KEYS = options.small ? 1 : 4
const ROUNDS = options.small ? 1 : 15
/** Calls in each round and of each key. */
const CALLS = options.small ? 2 : 10

const HUB = 'the hub'
const BARE = 'bare verify'
const COLUMNS = [HUB, BARE]
const YEAR_MS = 365 * 86_400_000
const RSA = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  publicExponent: new Uint8Array([1, 0, 1]),
}
const KINDS = {
  'RSA-2048': { ...RSA, modulusLength: 2048 },
  'RSA-3072': { ...RSA, modulusLength: 3072 },
  'RSA-4096': { ...RSA, modulusLength: 4096 },
  'P-256': { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  Ed25519: { name: 'Ed25519' },
} as const

/** One key, and the three things that are timed. */
interface Subject {
  readonly checkCertificate: () => void
  readonly checkWithProof: () => void
  readonly verifyOnly: () => boolean
}

const measurements: Measurement[] = []
for (const [kind, algorithm] of Object.entries(KINDS)) {
  const subjects: Subject[] = []
  while (subjects.length < KEYS) subjects.push(await makeSubject(algorithm))
  for (let round = 0; round <= ROUNDS; round += 1) {
    const bare = cpuOf(subjects, (subject) => subject.verifyOnly)
    for (const [what, value] of [
      [`${kind}, certificate`, cpuOf(subjects, (subject) => subject.checkCertificate)],
      [`${kind}, certificate and proof`, cpuOf(subjects, (subject) => subject.checkWithProof)],
    ] as const) {
      // In the first round everything is still being compiled.
      if (round === 0) continue
      measurements.push({ what, unit: 'ms CPU', system: HUB, round, value })
      measurements.push({ what, unit: 'ms CPU', system: BARE, round, value: bare })
    }
  }
}
process.stdout.write(`${table(compare(measurements, BARE, COLUMNS), BARE, COLUMNS)}\n`)

async function makeSubject(algorithm: (typeof KINDS)[keyof typeof KINDS]): Promise<Subject> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  if (!('privateKey' in keys)) throw new Error('expected a pair of keys')
  const privateKey = KeyObject.from(keys.privateKey)
  const publicKey = createPublicKey(privateKey)
  const nodeId = nodeIdsOf(publicKey).long
  const now = new Date()
  const certificate = await X509CertificateGenerator.createSelfSigned({
    keys,
    name: `CN=${nodeId}`,
    signingAlgorithm: algorithm,
    notBefore: now,
    notAfter: new Date(now.getTime() + 10 * YEAR_MS),
    extensions: [new BasicConstraintsExtension(true, undefined, true)],
  })
  const request = { nodeId, publicKeyPem: null, certificatePem: pemOf(certificate) }
  const { tbs, signature } = readCertificate(readDer(Buffer.from(certificate.rawData)))
  const proof = signed(privateKey, tbs)
  const digest = privateKey.asymmetricKeyType === 'ed25519' ? null : 'sha256'
  const checkCertificate = (): KeyObject => checkRegistration(request, now, 'any').publicKey
  return {
    checkCertificate,
    checkWithProof: () => {
      if (!isSignedBy(checkCertificate(), tbs, proof)) throw new Error('the proof is refused')
    },
    verifyOnly: () => verify(digest, tbs, publicKey, signature),
  }
}

function pemOf(certificate: X509Certificate): string {
  return `${certificate.toString('pem')}\n`
}

/** As a node proves its key. */
function signed(key: KeyObject, bytes: Buffer): Buffer {
  if (key.asymmetricKeyType !== 'rsa')
    return sign(key.asymmetricKeyType === 'ec' ? 'sha256' : null, bytes, key)
  return sign('sha256', bytes, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 })
}

/** Milliseconds of CPU for one call: what else the machine does costs time, but none of that. */
function cpuOf(subjects: readonly Subject[], callOf: (subject: Subject) => () => unknown): number {
  const calls = subjects.map(callOf)
  const began = process.cpuUsage()
  for (let count = 0; count < CALLS; count += 1) for (const call of calls) call()
  const { user, system } = process.cpuUsage(began)
  return (user + system) / 1000 / (CALLS * calls.length)
}
