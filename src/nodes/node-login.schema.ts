import { z } from 'zod'

import { nodeIdSchema } from '../identity/node-id.js'
import { signatureSchema } from '../identity/proof.js'
import { tokenAnswer } from '../tokens/token-answer.js'

/** POST /auth/node/verify. */
export const nodeLoginBody = z
  .object({ node_id: nodeIdSchema, challenge_id: z.string(), signature: signatureSchema })
  .transform((body) => ({
    nodeId: body.node_id,
    challengeId: body.challenge_id,
    signature: body.signature,
  }))

export type NodeLogin = z.output<typeof nodeLoginBody>

export const nodeLoginAnswer = tokenAnswer.extend({ node_id: nodeIdSchema })

export type NodeLoginAnswer = z.output<typeof nodeLoginAnswer>
