import type { Answer, TestHub } from './hub.js'
import type { ProofLines, SentChallenge } from './node-proof.js'
import { loginOf } from './test-node.js'
import type { SelfSigned } from './x509.js'

/** Something for a node key to sign, to log in. */
export async function challenge(hub: TestHub): Promise<SentChallenge> {
  const { status, body } = await hub.fetch('POST', '/auth/node/challenge')
  if (status !== 201) throw new Error(`challenge: ${JSON.stringify(body)}`)
  return body
}

/** Logs in by the key alone; no token is needed, only the key. */
export async function logIn(
  hub: TestHub,
  identity: SelfSigned,
  how: { lines?: Partial<ProofLines>; headers?: Record<string, string>; nodeId?: string } = {},
): Promise<Answer> {
  const { lines = {}, headers = {}, nodeId = identity.nodeId } = how
  const body = loginOf(hub, identity, await challenge(hub), { nodeId, ...lines })
  const answer = await hub.fetch('POST', '/auth/node/verify', { body, headers })
  if (answer.status === 200) hub.tokens.push(answer.body.access_token, answer.body.refresh_token)
  return answer
}
