import { clientNamed } from './clients.js'
import { InvalidClientError } from './oauth.errors.js'

/** How a request says which client sends it. */
export interface ClientParameters {
  readonly client_id?: string | undefined
  readonly client_secret?: unknown
  readonly client_assertion?: unknown
}

/**
 * Public clients have no secret: who shows one takes this hub for another (RFC 6749 §2.3).
 *
 * @throws InvalidClientError  also for a client that this hub does not know
 */
export function refuseSecrets(
  parameters: ClientParameters,
  authorization: string | undefined,
): void {
  if (authorization !== undefined) {
    throw new InvalidClientError(
      'the clients of this hub are public: send client_id, and no Authorization header',
      401,
    )
  }
  if (isShown(parameters.client_secret) || isShown(parameters.client_assertion)) {
    throw new InvalidClientError('the clients of this hub are public: send client_id alone')
  }
  if (parameters.client_id !== undefined && !clientNamed(parameters.client_id)) {
    throw new InvalidClientError('client_id: expected desktop or web')
  }
}

/** A parameter without a value counts as left out (RFC 6749 §3.2). */
function isShown(parameter: unknown): boolean {
  return parameter !== undefined && parameter !== ''
}
