import { z } from 'zod'

import { nodeIdSchema } from '../../identity/node-id.js'
import { signatureSchema } from '../../identity/proof.js'

/** An X25519 key (RFC 7748 §5). The largest of ML-KEM has 1,568 bytes (FIPS 203 §8). */
const MIN_KEY_BYTES = 32
const MAX_KEY_BYTES = 2_048
/** 32 bits, so that every language counts them. */
const MAX_KEY_ID = 4_294_967_295
/** One-time keys of one request, and of one node that nobody has claimed yet. */
export const MAX_ONE_TIME_PREKEYS = 100

const keyId = z.int().min(0).max(MAX_KEY_ID)

/** The one text that its bytes have in base64url without padding (RFC 4648 §5): the text is what is signed. */
const publicKey = z
  .string()
  .max(Math.ceil((MAX_KEY_BYTES * 4) / 3))
  .refine((text) => {
    const bytes = Buffer.from(text, 'base64url')
    const isOfLength = bytes.length >= MIN_KEY_BYTES && bytes.length <= MAX_KEY_BYTES
    return isOfLength && bytes.toString('base64url') === text
  }, `expected base64url, without padding, of ${MIN_KEY_BYTES} to ${MAX_KEY_BYTES} bytes`)

const prekey = z.object({ key_id: keyId, public_key: publicKey })
const signedPrekey = prekey.extend({ signature: signatureSchema })

const oneTimePrekeys = z
  .array(prekey)
  .max(MAX_ONE_TIME_PREKEYS)
  .superRefine((prekeys, context) => {
    for (const name of ['key_id', 'public_key'] as const) {
      const values = prekeys.map((each) => each[name])
      const again = values.findIndex((value, index) => values.indexOf(value) < index)
      if (again === -1) continue
      context.addIssue({ code: 'custom', path: [again, name], message: 'stands here twice' })
    }
  })

/** A key that is handed out once. */
export interface OneTimePrekey {
  readonly keyId: number
  /** base64url. */
  readonly publicKey: string
}

/** A key that others may get more than once; the node's own key has signed it. */
export interface SignedPrekey extends OneTimePrekey {
  readonly signature: Buffer
}

/** PUT /nodes/{node_id}/keys. */
export const publishPrekeysBody = z
  .object(
    {
      signed_prekey: signedPrekey,
      one_time_prekeys: oneTimePrekeys.nullish(),
      last_resort_prekey: signedPrekey.nullish(),
    },
    'expected a JSON object',
  )
  .transform((body) => ({
    signed: signedOf(body.signed_prekey),
    lastResort: body.last_resort_prekey ? signedOf(body.last_resort_prekey) : null,
    oneTime: (body.one_time_prekeys ?? []).map(unsignedOf),
  }))

export type PublishPrekeys = z.output<typeof publishPrekeysBody>

/** PUT /nodes/{node_id}/keys and GET /nodes/{node_id}/keys/count. */
export const prekeyCountAnswer = z.strictObject({
  one_time: z.int(),
  signed_prekey_id: keyId.nullable(),
  last_resort_prekey_id: keyId.nullable(),
  updated_at: z.iso.datetime().nullable(),
})

export type PrekeyCountAnswer = z.output<typeof prekeyCountAnswer>

const prekeyAnswer = z.strictObject({ key_id: keyId, public_key: z.string() })
const signedPrekeyAnswer = prekeyAnswer.extend({ signature: z.string() })

/** POST /nodes/{node_id}/keys/claim. */
export const prekeyBundleAnswer = z.strictObject({
  node_id: nodeIdSchema,
  spki_sha256: z.string(),
  proven: z.boolean(),
  signed_prekey: signedPrekeyAnswer,
  one_time_prekey: prekeyAnswer.nullable(),
  last_resort_prekey: signedPrekeyAnswer.nullable(),
})

export type PrekeyBundleAnswer = z.output<typeof prekeyBundleAnswer>

function unsignedOf(sent: z.output<typeof prekey>): OneTimePrekey {
  return { keyId: sent.key_id, publicKey: sent.public_key }
}

function signedOf(sent: z.output<typeof signedPrekey>): SignedPrekey {
  return { ...unsignedOf(sent), signature: sent.signature }
}
