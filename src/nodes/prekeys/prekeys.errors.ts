import { HubError, InvalidRequestError, NotFoundError } from '../../common/hub-error.js'
import { MAX_ONE_TIME_PREKEYS } from './prekeys.schema.js'

/** Nobody can begin a conversation with this node: it has published no keys for that, or is unknown. */
export class PrekeysNotFoundError extends NotFoundError {
  override readonly code = 'prekeys_not_found'

  constructor() {
    super('no prekeys are published under this node id')
  }
}

/** The node's key did not sign the prekey as it was sent. */
export class PrekeySignatureInvalidError extends InvalidRequestError {
  override readonly code = 'prekey_signature_invalid'

  constructor(field: 'signed_prekey' | 'last_resort_prekey') {
    super(
      `${field}: the signature is not the node key's over this prekey: sign the lines that docs/protocol.md names`,
    )
  }
}

/** Two keys under one id: whoever holds the id could not tell which is meant. */
export class PrekeyIdReusedError extends HubError {
  readonly code = 'prekey_id_reused'
  readonly status = 409

  constructor(kind: string, keyId: number) {
    super(
      `key_id ${keyId} is that of another ${kind} prekey of this node: give each new key a new id`,
    )
  }
}

/** As many one-time keys wait as may. */
export class PrekeysFullError extends HubError {
  readonly code = 'prekeys_full'
  readonly status = 409

  constructor(unclaimed: number) {
    super(
      `at most ${MAX_ONE_TIME_PREKEYS} one-time prekeys may wait to be claimed, and ${unclaimed} do: send fewer new ones`,
    )
  }
}
