import { z } from 'zod'

import { nodeIdSchema } from '../identity/node-id.js'

/** POST /register-node-id. What the texts must hold is checked with the certificate. */
export const registerNodeBody = z
  .object({ node_id: z.string(), public_key: z.string(), certificate: z.string() })
  .transform((body) => ({
    nodeId: body.node_id,
    publicKeyPem: body.public_key,
    certificatePem: body.certificate,
  }))

export type RegisterNode = z.output<typeof registerNodeBody>

export const registrationAnswer = z.strictObject({
  node_id: nodeIdSchema,
  verified: z.literal(true),
  message: z.string(),
})

export type RegistrationAnswer = z.output<typeof registrationAnswer>
