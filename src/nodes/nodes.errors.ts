import { HubError } from '../common/hub-error.js'
import type { NodeId } from '../identity/node-id.js'

/** Another account holds this node. */
export class NodeTakenError extends HubError {
  readonly code = 'node_taken'
  readonly status = 400

  constructor(nodeId: NodeId) {
    super(`${nodeId} is registered to another account`)
  }
}

/** Another key whose id is the same stands here already; it never gives way (CONTRACT §2). */
export class NodeIdCollisionError extends HubError {
  readonly code = 'node_id_collision'
  readonly status = 400

  constructor(nodeId: NodeId) {
    super(
      `${nodeId} is the id of another key that is registered here: make a new key for this node`,
    )
  }
}

/** The node was released less than 30 days ago by somebody else. */
export class NodeReservedError extends HubError {
  readonly code = 'node_reserved'
  readonly status = 400

  constructor(nodeId: NodeId) {
    super(
      `${nodeId} was given up less than 30 days ago: until then only its former owner can register it this way`,
    )
  }
}
