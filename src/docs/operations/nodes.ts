import { CERTIFICATE_ERROR_CODES } from '../../identity/certificate.errors.js'
import { registrationAnswer } from '../../nodes/nodes.schema.js'
import type { Operation } from '../operation.js'

export const NODE_OPERATIONS: readonly (readonly [string, Operation])[] = [
  [
    'POST /register-node-id',
    {
      id: 'registerNode',
      tag: 'Nodes',
      summary: 'Register a node by its self-signed certificate',
      description:
        'Doing it again renews the certificate. The `error_code` of a refusal names the check that failed, `detail` what was expected.',
      answers: {
        200: { description: 'Registered', name: 'Registration', schema: registrationAnswer },
      },
      errors: [...CERTIFICATE_ERROR_CODES, 'node_taken', 'node_id_collision', 'node_reserved'],
    },
  ],
]
