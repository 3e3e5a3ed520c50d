import { z } from 'zod'

import { isCleanText } from '../common/json.js'
import { nodeIdSchema } from '../identity/node-id.js'
import { signatureSchema } from '../identity/proof.js'

/** Characters, in code points. */
const MAX_LABEL = 64

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

/** POST /nodes/challenge, POST /auth/node/challenge. */
export const challengeAnswer = z.strictObject({
  challenge_id: z.string(),
  challenge: z.string().meta({ description: 'base64url of 32 bytes' }),
  expires_at: z.string().meta({ description: 'Signed as the text that it is' }),
})

export type ChallengeAnswer = z.output<typeof challengeAnswer>

const label = z
  .string()
  .refine(
    (text) => Array.from(text).length <= MAX_LABEL,
    `expected at most ${MAX_LABEL} characters`,
  )
  .refine((text) => text.trim() !== '', 'expected some text, or null for no label')
  .refine((text) => isCleanText(text) && !/\p{Cc}/u.test(text), 'holds a control character')
  .meta({ maxLength: MAX_LABEL })

/** POST /nodes. The node id is the certificate's CN. */
export const proveNodeBody = z
  .object({
    certificate: z.string(),
    challenge_id: z.string(),
    signature: signatureSchema,
    label: label.nullish(),
    transfer: z.boolean().optional(),
  })
  .transform((body) => ({
    certificatePem: body.certificate,
    challengeId: body.challenge_id,
    signature: body.signature,
    label: body.label ?? null,
    isTransfer: body.transfer ?? false,
  }))

export type ProveNode = z.output<typeof proveNodeBody>

/** PATCH /nodes/{node_id}. */
export const renameNodeBody = z.object({ label: label.nullable() })

export type RenameNode = z.output<typeof renameNodeBody>

/** `{node_id}` of a path, in either form. */
export const nodeParams = z.object({ node_id: nodeIdSchema })

export type NodeParams = z.output<typeof nodeParams>

export const nodeAnswer = z.strictObject({
  node_id: nodeIdSchema,
  spki_sha256: z.string(),
  proven: z.boolean(),
  label: z.string().nullable(),
  registered_at: z.string(),
  last_seen_at: z.string().nullable().meta({ description: 'To the hour' }),
  certificate_expires_at: z.string(),
  key: z.enum(['rsa-2048', 'rsa-3072', 'rsa-4096', 'p-256', 'ed25519']),
  online: z.boolean(),
})

export type NodeAnswer = z.output<typeof nodeAnswer>

/** GET /nodes. */
export const nodesAnswer = z.strictObject({ nodes: z.array(nodeAnswer) })

export type NodesAnswer = z.output<typeof nodesAnswer>

const successorNames = { node_id: nodeIdSchema, spki_sha256: z.string() }

/** GET /nodes/{node_id}/certificate. */
export const certificateAnswer = z.strictObject({
  node_id: nodeIdSchema,
  spki_sha256: z.string(),
  certificate: z.string(),
  proven: z.boolean(),
  successor: z
    .discriminatedUnion('continuity', [
      z.strictObject({
        ...successorNames,
        continuity: z.literal('key'),
        statement: z.string().meta({ description: 'What the old key has signed' }),
        signature: z.string().meta({ description: 'base64url' }),
      }),
      z.strictObject({ ...successorNames, continuity: z.literal('account') }),
    ])
    .optional()
    .meta({ description: 'The node whose key took the place of this one' }),
})

export type CertificateAnswer = z.output<typeof certificateAnswer>
