import { Controller, Get } from '@nestjs/common'
import { z } from 'zod'

import { HubConfig } from '../../config/hub-config.js'
import { Public } from '../../tokens/decorators.js'
import { DPOP_ALGORITHMS } from '../../tokens/dpop-key.js'
import { GRANTS } from './token.schema.js'

/** RFC 8414 §2, RFC 9207 §3, RFC 9449 §5.1, RFC 8628 §4. */
export const metadataAnswer = z.strictObject({
  issuer: z.url(),
  authorization_endpoint: z.url(),
  token_endpoint: z.url(),
  device_authorization_endpoint: z.url(),
  introspection_endpoint: z.url(),
  revocation_endpoint: z.url(),
  response_types_supported: z.array(z.string()),
  response_modes_supported: z.array(z.string()),
  grant_types_supported: z.array(z.string()),
  code_challenge_methods_supported: z.array(z.string()),
  token_endpoint_auth_methods_supported: z.array(z.string()),
  introspection_endpoint_auth_methods_supported: z.array(z.string()),
  revocation_endpoint_auth_methods_supported: z.array(z.string()),
  dpop_signing_alg_values_supported: z.array(z.string()),
  authorization_response_iss_parameter_supported: z.literal(true),
  service_documentation: z.url(),
})

export type MetadataAnswer = z.output<typeof metadataAnswer>

/** What a client needs to know of this authorization server, so that it is told one address only. */
@Public()
@Controller('.well-known')
export class MetadataController {
  constructor(private readonly config: HubConfig) {}

  @Get('oauth-authorization-server')
  metadata(): MetadataAnswer {
    const { publicUrl } = this.config.http
    return {
      issuer: publicUrl,
      authorization_endpoint: `${publicUrl}/oauth/authorize`,
      token_endpoint: `${publicUrl}/token`,
      device_authorization_endpoint: `${publicUrl}/oauth/device`,
      introspection_endpoint: `${publicUrl}/oauth/introspect`,
      revocation_endpoint: `${publicUrl}/oauth/revoke`,
      response_types_supported: ['code'],
      response_modes_supported: ['query'],
      grant_types_supported: [...GRANTS],
      code_challenge_methods_supported: ['S256'],
      token_endpoint_auth_methods_supported: ['none'],
      // By an access token of the account, which RFC 8414 has a word for at the one and not at the other.
      introspection_endpoint_auth_methods_supported: ['Bearer', 'DPoP'],
      revocation_endpoint_auth_methods_supported: ['none'],
      dpop_signing_alg_values_supported: [...DPOP_ALGORITHMS],
      authorization_response_iss_parameter_supported: true,
      service_documentation: `${publicUrl}/docs`,
    }
  }
}
