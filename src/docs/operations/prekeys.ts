import { prekeyBundleAnswer, prekeyCountAnswer } from '../../nodes/prekeys/prekeys.schema.js'
import type { Operation } from '../operation.js'

export const PREKEY_OPERATIONS: readonly (readonly [string, Operation])[] = [
  [
    'PUT /nodes/{node_id}/keys',
    {
      id: 'publishPrekeys',
      tag: 'Prekeys',
      summary: 'Publish the prekeys of a node of your own',
      description:
        'Replaces the signed prekey and the one for the last resort, and adds the one-time keys that are new: all or nothing. Repeating it changes nothing.',
      answers: {
        200: { description: 'What stands now', name: 'PrekeyCount', schema: prekeyCountAnswer },
      },
      errors: ['node_not_found', 'prekey_signature_invalid', 'prekey_id_reused', 'prekeys_full'],
    },
  ],
  [
    'POST /nodes/{node_id}/keys/claim',
    {
      id: 'claimPrekeys',
      tag: 'Prekeys',
      summary: 'Take what begins a conversation with a node',
      description:
        'No body. A one-time key is handed out once, to whoever asks first; when there is none, or the node has given away 20 within a minute, the key for the last resort comes in its place.',
      answers: {
        200: { description: 'The bundle', name: 'PrekeyBundle', schema: prekeyBundleAnswer },
      },
      errors: ['prekeys_not_found'],
    },
  ],
  [
    'GET /nodes/{node_id}/keys/count',
    {
      id: 'countPrekeys',
      tag: 'Prekeys',
      summary: 'What a node of your own has published and nobody has claimed',
      answers: {
        200: { description: 'What stands now', name: 'PrekeyCount', schema: prekeyCountAnswer },
      },
      errors: ['node_not_found'],
    },
  ],
]
