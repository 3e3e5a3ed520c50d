import { HubError, NotFoundError } from '../common/hub-error.js'
import type { NodeId } from '../identity/node-id.js'

/** Classic clients expect 400 of whatever is wrong with a registration. */
type TakenStatus = 400 | 409

/** Another account holds this node. */
export class NodeTakenError extends HubError {
  readonly code = 'node_taken'
  readonly status: number = 400

  constructor(nodeId: NodeId, status: TakenStatus) {
    super(
      status === 400
        ? `${nodeId} is registered to another account: if the key is yours, prove it with tools/prove-node`
        : `${nodeId} is registered to another account, which has proven its key: send "transfer": true with a new proof to bring it over`,
    )
    this.status = status
  }
}

/** Another key whose id is the same stands here already; it never gives way (CONTRACT §2). */
export class NodeIdCollisionError extends HubError {
  readonly code = 'node_id_collision'
  readonly status: number = 400

  constructor(nodeId: NodeId, status: TakenStatus) {
    super(
      `${nodeId} is the id of another key that is registered here: make a new key for this node`,
    )
    this.status = status
  }
}

/** The node was released less than 30 days ago by somebody else. */
export class NodeReservedError extends HubError {
  readonly code = 'node_reserved'
  readonly status = 400

  constructor(nodeId: NodeId) {
    super(
      `${nodeId} was given up less than 30 days ago: until then its former owner can register it, or whoever proves its key with tools/prove-node`,
    )
  }
}

/** The caller has no such node; or, where any node may be asked for, nobody has. */
export class NodeNotFoundError extends NotFoundError {
  override readonly code = 'node_not_found'

  constructor(detail = 'you have no node of this id: GET /nodes lists those you have') {
    super(detail)
  }
}

/** The challenge cannot be used: never made, used, too old, or made for something or somebody else. */
export class ChallengeInvalidError extends HubError {
  readonly code = 'challenge_invalid'
  readonly status: number = 400

  /** @param route that makes the challenges which are wanted here */
  constructor(route: string, status: 400 | 401) {
    super(
      `challenge_id: unknown, used before, older than 120 seconds, or made for something else: ask ${route} for a new one`,
    )
    this.status = status
  }
}

/** A signature does not prove the key; `detail` says which part to look at. */
export class ProofInvalidError extends HubError {
  readonly code = 'proof_invalid'
  readonly status = 400
}

/** No login by this key; the same whether the node is unknown, unproven, or another key has signed. */
export class NodeLoginRefusedError extends HubError {
  readonly code = 'node_login_refused'
  readonly status = 401

  constructor(origin: string) {
    super(
      'the node is not known here, or nobody has proven it (POST /nodes), or its key has not signed this: seven lines joined by \\n, without a final one: ' +
        `"dpc-hub node-login v1", the origin ${origin}, "-", node_id as it is sent, the key's spki_sha256 in hex, challenge and expires_at as they were sent`,
    )
  }
}

/** The session began by a node's key alone: it speaks for that node and brings no other. */
export class OtherNodeError extends HubError {
  readonly code = 'other_node'
  readonly status = 403

  constructor() {
    super(
      'this session was begun by the key of one node and speaks for that node only: log in as a person to register another',
    )
  }
}

/** The session is bound to one key, or is to be (RFC 9449), and the node has another. */
export class DpopKeyMismatchError extends HubError {
  readonly code = 'dpop_key_mismatch'
  readonly status = 400

  constructor() {
    super(
      'the DPoP key is another than the key of this node: log in with the node’s own key, or without DPoP',
    )
  }
}
