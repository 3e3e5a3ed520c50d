import { generateKeyPairSync } from 'node:crypto'

import { PendingRotations } from '../../src/nodes/rotation/pending-rotations.js'
import type { Answer, TestHub } from './hub.js'
import { type SentChallenge, signText } from './node-proof.js'
import type { TestNode } from './test-node.js'
import { selfSigned, type SelfSigned } from './x509.js'

/** The nine lines that the old key signs, written out here so that nothing of the hub's own is believed. */
export function rotationText(
  { hub, accountId, identity: old }: TestNode,
  next: SelfSigned,
  sent: SentChallenge,
): string {
  return [
    'dpc-hub node-rotation v1',
    hub.url,
    String(accountId),
    old.nodeId,
    old.spkiSha256,
    next.nodeId,
    next.spkiSha256,
    sent.challenge,
    sent.expires_at,
  ].join('\n')
}

/** What POST /nodes/{node_id}/rotate takes, with the old key's word or without. */
export async function rotation(
  node: TestNode,
  next: SelfSigned,
  how: 'signed' | 'unsigned',
): Promise<Record<string, string>> {
  const sent = await node.challenge()
  const { nodeId, spkiSha256, certificatePem, privateKey } = next
  const { challenge_id, signature } = node.proofOf(sent, { nodeId, spkiSha256 }, privateKey)
  const body = { certificate: certificatePem, challenge_id, signature }
  const text = rotationText(node, next, sent)
  if (how === 'unsigned') return body
  return { ...body, continuity_signature: signText(node.identity.privateKey, text) }
}

export const ed25519 = () => selfSigned({ key: generateKeyPairSync('ed25519').privateKey })

export async function rotate(
  node: TestNode,
  next: SelfSigned,
  how: 'signed' | 'unsigned',
): Promise<Answer> {
  return node.fetch('POST', `/nodes/${node.id}/rotate`, await rotation(node, next, how))
}

/** What time does, at once. */
export async function passDays(hub: TestHub, days: number): Promise<void> {
  hub.clock.advance({ days })
  await hub.app.get(PendingRotations).applyDue()
}

export async function idsOf(node: { accountId: number; hub: TestHub }): Promise<string[]> {
  const { accessToken: token } = await node.hub.signIn(node.accountId)
  const { body } = await node.hub.fetch('GET', '/nodes', { token })
  return body.nodes.map(({ node_id: id }: { node_id: string }) => id)
}

export async function certificateOf(hub: TestHub, nodeId: string): Promise<Answer> {
  const { accessToken: token } = await hub.signIn()
  return hub.fetch('GET', `/nodes/${nodeId}/certificate`, { token })
}

export async function eventsOf(hub: TestHub, { accountId }: TestNode): Promise<string[]> {
  const rows = await hub.database.query<{ kind: string }>(
    `SELECT kind FROM audit_events WHERE account_id = $1 AND kind LIKE 'node_rot%' ORDER BY id`,
    [accountId],
  )
  return rows.map(({ kind }) => kind)
}
