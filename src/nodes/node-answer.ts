import { createPublicKey } from 'node:crypto'

import { readCertificate } from '../identity/certificate-fields.js'
import { readPem } from '../identity/pem.js'
import type { PlacedNode, Presence } from '../presence/presence.js'
import type { Challenge } from './challenge.store.js'
import type { Node } from './node-row.js'
import {
  type CertificateAnswer,
  type ChallengeAnswer,
  type NodeAnswer,
  nodeAnswer,
} from './nodes.schema.js'
import type { Succession } from './rotation/successor.store.js'

/** A node as its owner is told of it. */
export async function nodeAnswerOf(node: Node, presence: Presence): Promise<NodeAnswer> {
  const online = await presence.onlineAmong([placedNodeOf(node)])
  return answerOf(node, online)
}

/** The same of several, with one look at who is connected. */
export async function nodeAnswersOf(
  nodes: readonly Node[],
  presence: Presence,
): Promise<NodeAnswer[]> {
  const online = await presence.onlineAmong(nodes.map(placedNodeOf))
  return nodes.map((node) => answerOf(node, online))
}

/** @param online those that are connected, by `spki_sha256` */
function answerOf(node: Node, online: ReadonlySet<string>): NodeAnswer {
  const { spkiSha256, certificatePem } = node
  const { notAfter } = readCertificate(readPem(certificatePem, 'CERTIFICATE'))
  return {
    node_id: node.nodeId,
    spki_sha256: spkiSha256,
    proven: node.isProven,
    label: node.label,
    registered_at: node.registeredAt.toISOString(),
    last_seen_at: node.lastSeenOn?.toISOString() ?? null,
    certificate_expires_at: notAfter.toISOString(),
    key: nodeAnswer.shape.key.parse(keyNameOf(node.publicKeyPem)),
    online: online.has(spkiSha256),
  }
}

/** A node's certificate, whoever asks; of one whose key was replaced, and what came after it. */
export function certificateAnswerOf(
  node: Pick<Node, 'nodeId' | 'spkiSha256' | 'certificatePem' | 'isProven'>,
  succession: Succession | null,
): CertificateAnswer {
  return {
    node_id: node.nodeId,
    spki_sha256: node.spkiSha256,
    certificate: node.certificatePem,
    proven: node.isProven,
    ...(succession ? { successor: successorOf(succession) } : {}),
  }
}

function successorOf({ successor, continuity }: Succession): CertificateAnswer['successor'] {
  const { nodeId, spkiSha256 } = successor
  const named = { node_id: nodeId, spki_sha256: spkiSha256 }
  return continuity
    ? { ...named, continuity: 'key', ...continuity }
    : { ...named, continuity: 'account' }
}

export function challengeAnswerOf(
  made: Challenge & { readonly challengeId: string },
): ChallengeAnswer {
  const { challengeId, challenge, expiresAt } = made
  return { challenge_id: challengeId, challenge, expires_at: expiresAt }
}

function placedNodeOf({ accountId, ids, spkiSha256 }: Node): PlacedNode {
  return { accountId, shortId: ids.short, spkiSha256 }
}

function keyNameOf(publicKeyPem: string): string {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = createPublicKey(publicKeyPem)
  if (type === 'rsa') return `rsa-${details?.modulusLength ?? 0}`
  return type === 'ec' ? 'p-256' : 'ed25519'
}
