import type { IncomingHttpHeaders } from 'node:http'

import type { DpopProofs } from '../../tokens/dpop.js'
import { InvalidDpopProofError, UseDpopNonceError } from '../../tokens/dpop.errors.js'
import { proofIn } from '../../tokens/credentials.js'

/**
 * The thumbprint of the key that signed a request for tokens; null when there is no proof. What is
 * wrong with one is 400 here (RFC 9449 §5).
 *
 * @param url of the request, as the client spells it
 * @throws InvalidDpopProofError, UseDpopNonceError
 */
export async function signerOf(
  headers: IncomingHttpHeaders,
  url: string,
  proofs: DpopProofs,
): Promise<string | null> {
  if (headers.dpop === undefined) return null
  try {
    const shown = { proof: proofIn(headers), method: 'POST', url, accessToken: null }
    return (await proofs.read(shown)).jkt
  } catch (error) {
    if (error instanceof InvalidDpopProofError) {
      throw new InvalidDpopProofError(error.fault, 400, { cause: error })
    }
    if (error instanceof UseDpopNonceError) throw new UseDpopNonceError(error.nonce, 400)
    throw error
  }
}
