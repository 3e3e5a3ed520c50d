import { CERTIFICATE_ERROR_CODES } from '../../identity/certificate.errors.js'
import {
  certificateAnswer,
  challengeAnswer,
  nodeAnswer,
  nodesAnswer,
  registrationAnswer,
} from '../../nodes/nodes.schema.js'
import { nodeLoginAnswer } from '../../nodes/node-login.schema.js'
import { pendingRotationAnswer, rotatedAnswer } from '../../nodes/rotation/rotation.schema.js'
import type { ErrorOfRoute } from '../error-codes.js'
import type { Operation } from '../operation.js'

/** What can be wrong with a new certificate and the proof of its key. */
const PROOF_ERRORS: readonly ErrorOfRoute[] = [
  ...CERTIFICATE_ERROR_CODES,
  'challenge_invalid',
  'proof_invalid',
  'other_node',
  { code: 'node_taken', status: 409 },
  { code: 'node_id_collision', status: 409 },
]

export const NODE_OPERATIONS: readonly (readonly [string, Operation])[] = [
  [
    'POST /register-node-id',
    {
      id: 'registerNode',
      tag: 'Nodes',
      summary: 'Register a node by its self-signed certificate, without proof of its key',
      description:
        'Doing it again renews the certificate. The `error_code` of a refusal names the check that failed, `detail` what was expected.',
      answers: {
        200: { description: 'Registered', name: 'Registration', schema: registrationAnswer },
      },
      errors: [
        ...CERTIFICATE_ERROR_CODES,
        'other_node',
        'node_taken',
        'node_id_collision',
        'node_reserved',
        'dpop_key_mismatch',
      ],
    },
  ],
  [
    'POST /nodes/challenge',
    {
      id: 'challengeNode',
      tag: 'Nodes',
      summary: 'Something for a node key to sign',
      description: 'For this account, for 120 seconds, for one use.',
      answers: { 201: { description: 'Made', name: 'Challenge', schema: challengeAnswer } },
      errors: [],
    },
  ],
  [
    'POST /nodes',
    {
      id: 'proveNode',
      tag: 'Nodes',
      summary: 'Register a node with proof of its key',
      description:
        'The node is this account’s at once, whoever had registered it without proof: their sockets close with 4502. From an account that has proven it too it comes only with `transfer`. The challenge is used up whatever becomes of it.',
      answers: {
        200: { description: 'Yours before, and now proven', name: 'Node', schema: nodeAnswer },
        201: { description: 'Yours now', name: 'Node', schema: nodeAnswer },
      },
      errors: [...PROOF_ERRORS, 'dpop_key_mismatch'],
    },
  ],
  [
    'POST /auth/node/challenge',
    {
      id: 'challengeNodeLogin',
      tag: 'Login',
      summary: 'Something for a node key to sign, to log in',
      description: 'For 120 seconds, for one use.',
      answers: { 201: { description: 'Made', name: 'Challenge', schema: challengeAnswer } },
      errors: ['unavailable'],
    },
  ],
  [
    'POST /auth/node/verify',
    {
      id: 'logInNode',
      tag: 'Login',
      summary: 'Log in with the node key alone',
      description:
        'A session of the account that has proven the node, which speaks for the node. With a `DPoP` header its tokens are bound to the node’s key. Whether the node is unknown or unproven, or another key has signed, the refusal is the same.',
      answers: { 200: { description: 'Tokens', name: 'NodeTokens', schema: nodeLoginAnswer } },
      errors: [
        { code: 'challenge_invalid', status: 401 },
        'node_login_refused',
        'invalid_dpop_proof',
        'use_dpop_nonce',
        'dpop_key_mismatch',
        'unavailable',
      ],
    },
  ],
  [
    'GET /nodes',
    {
      id: 'nodes',
      tag: 'Nodes',
      summary: 'Your nodes, the last registered first',
      answers: { 200: { description: 'Your nodes', name: 'Nodes', schema: nodesAnswer } },
      errors: [],
    },
  ],
  [
    'PATCH /nodes/{node_id}',
    {
      id: 'renameNode',
      tag: 'Nodes',
      summary: 'Give one of your nodes a label',
      description: 'For you alone: nobody else is told.',
      answers: { 200: { description: 'The node', name: 'Node', schema: nodeAnswer } },
      errors: ['node_not_found'],
    },
  ],
  [
    'DELETE /nodes/{node_id}',
    {
      id: 'releaseNode',
      tag: 'Nodes',
      summary: 'Give one of your nodes up',
      description:
        'Its sockets close with 4502, its sessions end, except for the one that asks unless it began by the node’s key. For 30 days others can register it only with proof; you just register it again. A proven node needs a login younger than 5 minutes.',
      answers: { 204: { description: 'Given up' } },
      errors: ['node_not_found', 'fresh_login_required'],
    },
  ],
  [
    'GET /nodes/{node_id}/certificate',
    {
      id: 'nodeCertificate',
      tag: 'Nodes',
      summary: 'The certificate of any node',
      description:
        'To compare keys by. `proven` is whether the key’s holder has signed for the account that has the node.',
      answers: {
        200: { description: 'The certificate', name: 'Certificate', schema: certificateAnswer },
      },
      errors: ['node_not_found'],
    },
  ],
  [
    'POST /nodes/{node_id}/rotate',
    {
      id: 'rotateNode',
      tag: 'Nodes',
      summary: 'Put another key in the place of a node’s',
      description:
        'At once if the old key has signed for the new one (`continuity_signature`). Else it needs a proven node and a login younger than 5 minutes, takes effect after 72 hours, and can be cancelled until then.',
      answers: {
        200: { description: 'The new node', name: 'RotatedNode', schema: rotatedAnswer },
        202: { description: 'It waits', name: 'PendingRotation', schema: pendingRotationAnswer },
      },
      errors: [...PROOF_ERRORS, 'node_not_found', 'fresh_login_required'],
    },
  ],
  [
    'GET /nodes/{node_id}/rotate',
    {
      id: 'pendingRotation',
      tag: 'Nodes',
      summary: 'Which key waits to take the node’s place',
      answers: {
        200: { description: 'It waits', name: 'PendingRotation', schema: pendingRotationAnswer },
      },
      errors: ['node_not_found', 'not_found'],
    },
  ],
  [
    'DELETE /nodes/{node_id}/rotate',
    {
      id: 'cancelRotation',
      tag: 'Nodes',
      summary: 'Keep the old key after all',
      answers: { 204: { description: 'The new key waits no more' } },
      errors: ['node_not_found', 'not_found', 'fresh_login_required'],
    },
  ],
]
