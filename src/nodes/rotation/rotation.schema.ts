import { z } from 'zod'

import { nodeIdSchema } from '../../identity/node-id.js'
import { signatureSchema } from '../../identity/proof.js'
import { nodeAnswer } from '../nodes.schema.js'

/** POST /nodes/{node_id}/rotate. */
export const rotateNodeBody = z
  .object({
    certificate: z.string(),
    challenge_id: z.string(),
    signature: signatureSchema,
    continuity_signature: signatureSchema.nullish(),
  })
  .transform((body) => ({
    certificatePem: body.certificate,
    challengeId: body.challenge_id,
    signature: body.signature,
    continuitySignature: body.continuity_signature ?? null,
  }))

export type RotateNode = z.output<typeof rotateNodeBody>

export const rotatedAnswer = z.strictObject({ status: z.literal('rotated'), node: nodeAnswer })

export const pendingRotationAnswer = z.strictObject({
  status: z.literal('pending'),
  node_id: nodeIdSchema,
  new_node_id: nodeIdSchema,
  effective_at: z.string(),
})

export type PendingRotationAnswer = z.output<typeof pendingRotationAnswer>

export type RotationAnswer = z.output<typeof rotatedAnswer> | z.output<typeof pendingRotationAnswer>
