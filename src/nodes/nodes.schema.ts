import { z } from 'zod'

/** POST /register-node-id. What the texts must hold is checked with the certificate. */
export const registerNodeBody = z
  .object({ node_id: z.string(), public_key: z.string(), certificate: z.string() })
  .transform((body) => ({
    nodeId: body.node_id,
    publicKeyPem: body.public_key,
    certificatePem: body.certificate,
  }))

export type RegisterNode = z.output<typeof registerNodeBody>
