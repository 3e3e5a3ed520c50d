import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  type KeyObject,
} from 'node:crypto'
import { readFileSync } from 'node:fs'

import { nodeIdsOf, nodeIdSchema, spkiSha256Of, type NodeId } from '../../src/identity/node-id.js'

import * as der from './der.js'

/** Keys in test/support/keys: published, so they protect nothing, and cost no test time. */
export const POOL_SIZE = 12
const DAY = 86_400_000

let handedOut = 0

/** A private RSA-2048 key of the pool; `index` 0 to 11. The same index is the same key everywhere. */
export function poolKey(index: number): KeyObject {
  const name = `rsa-2048-${String(index + 1).padStart(2, '0')}.test-key.pem`
  return createPrivateKey(readFileSync(new URL(`./keys/${name}`, import.meta.url)))
}

/** A private RSA-2048 key that no earlier call in this test file got: the pool's first, then new ones. */
export function makeNodeKey(): KeyObject {
  const index = handedOut++
  if (index < POOL_SIZE) return poolKey(index)
  return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
}

export interface SelfSignedOptions {
  /** Private; by default `makeNodeKey()`. */
  readonly key?: KeyObject
  /** By default the key's own id, `idLength` long. */
  readonly nodeId?: string
  readonly idLength?: 16 | 32
  /** By default `nodeId`. */
  readonly commonName?: string
  /** By default a day ago and ten years on, as current clients have it. */
  readonly notBefore?: Date
  readonly notAfter?: Date
  /** Replaces parts of the certificate; the signature is made over what then stands there. */
  readonly parts?: CertificateParts
}

export interface SelfSigned {
  readonly nodeId: NodeId
  readonly spkiSha256: string
  readonly publicKeyPem: string
  readonly certificatePem: string
  readonly privateKey: KeyObject
}

/** What a current client registers with: v3, basicConstraints CA:true, SHA-256, self-signed. */
export function selfSigned(options: SelfSignedOptions = {}): SelfSigned {
  const privateKey = options.key ?? makeNodeKey()
  const publicKey = createPublicKey(privateKey)
  const ids = nodeIdsOf(publicKey)
  const nodeId = options.nodeId ?? (options.idLength === 16 ? ids.short : ids.long)
  const certificate = certificateDer(privateKey, {
    subject: distinguishedName(options.commonName ?? nodeId),
    notBefore: der.time(options.notBefore ?? new Date(Date.now() - DAY)),
    notAfter: der.time(options.notAfter ?? new Date(Date.now() + 3650 * DAY)),
    ...options.parts,
  })
  return {
    nodeId: nodeIdSchema.parse(nodeId),
    spkiSha256: spkiSha256Of(publicKey),
    publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    certificatePem: der.pem('CERTIFICATE', certificate),
    privateKey,
  }
}

/** Each part is DER as it stands in the certificate; `null` leaves an optional one out. */
export interface CertificateParts {
  /** Inside `[0]`; the number, so 2 stands for v3. */
  readonly version?: der.Der | null
  readonly serial?: der.Der
  /** Inner and outer AlgorithmIdentifier; the outer one follows the inner. */
  readonly algorithm?: der.Der
  readonly outerAlgorithm?: der.Der
  readonly digest?: string
  readonly subject?: der.Der
  /** By default the subject. */
  readonly issuer?: der.Der
  readonly notBefore?: der.Der
  readonly notAfter?: der.Der
  readonly spki?: Buffer
  /** Each one Extension; by default basicConstraints CA:true, critical. */
  readonly extensions?: readonly der.Der[] | null
  /** Appended to the TBSCertificate. */
  readonly extra?: der.Der
  /** The raw signature value; by default made with the key. */
  readonly signature?: Buffer
}

export const SHA256_RSA = algorithm('1.2.840.113549.1.1.11', der.nul())
export const BASIC_CONSTRAINTS_CA = extension('2.5.29.19', true, der.sequence(der.boolean(true)))

export function algorithm(dotted: string, ...parameters: readonly der.Der[]): der.Der {
  return der.sequence(der.oid(dotted), ...parameters)
}

export function extension(dotted: string, critical: boolean, value: Buffer): der.Der {
  return der.sequence(der.oid(dotted), ...(critical ? [der.boolean(true)] : []), der.octets(value))
}

/** A Name of one CN and, before it, the O that Python-made clients put there when asked. */
export function distinguishedName(commonName: string, ...before: readonly der.Der[]): der.Der {
  return der.sequence(...before, relative('2.5.4.3', der.utf8(commonName)))
}

/** A RelativeDistinguishedName of one attribute. */
export function relative(dotted: string, value: der.Der): der.Der {
  return der.set(der.sequence(der.oid(dotted), value))
}

export function certificateDer(privateKey: KeyObject, parts: CertificateParts): der.Der {
  const inner = parts.algorithm ?? defaultAlgorithm(privateKey)
  const tbs = tbsDer(privateKey, inner, parts)
  const signature =
    parts.signature ?? sign(parts.digest ?? defaultDigest(privateKey), tbs, privateKey)
  return der.sequence(tbs, parts.outerAlgorithm ?? inner, der.bits(signature))
}

function tbsDer(privateKey: KeyObject, inner: der.Der, parts: CertificateParts): der.Der {
  const version = parts.version === undefined ? der.integer(2) : parts.version
  const extensions = parts.extensions === undefined ? [BASIC_CONSTRAINTS_CA] : parts.extensions
  const subject = parts.subject ?? der.sequence()
  const now = Date.now()
  return der.sequence(
    ...(version === null ? [] : [der.explicit(0, version)]),
    parts.serial ?? der.integer(0x1234567890abcdefn),
    inner,
    parts.issuer ?? subject,
    der.sequence(
      parts.notBefore ?? der.time(new Date(now - DAY)),
      parts.notAfter ?? der.time(new Date(now + 3650 * DAY)),
    ),
    subject,
    parts.spki ?? createPublicKey(privateKey).export({ type: 'spki', format: 'der' }),
    ...(extensions === null ? [] : [der.explicit(3, der.sequence(...extensions))]),
    ...(parts.extra === undefined ? [] : [parts.extra]),
  )
}

function defaultAlgorithm(key: KeyObject): der.Der {
  if (key.asymmetricKeyType === 'ec') return algorithm('1.2.840.10045.4.3.2')
  if (key.asymmetricKeyType === 'ed25519') return algorithm('1.3.101.112')
  return SHA256_RSA
}

function defaultDigest(key: KeyObject): string | null {
  return key.asymmetricKeyType === 'ed25519' ? null : 'sha256'
}
