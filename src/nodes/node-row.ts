import { nodeIdSchema, type NodeId, type NodeIds } from '../identity/node-id.js'

/** A registered node. */
export interface Node {
  readonly spkiSha256: string
  readonly accountId: number
  /** As last registered: what others see. */
  readonly nodeId: NodeId
  readonly ids: NodeIds
  readonly publicKeyPem: string
  readonly certificatePem: string
  /** Its owner has signed with its key. */
  readonly isProven: boolean
  /** It was proven while its person had just logged in. */
  readonly isVouched: boolean
  /** What its owner calls it; for nobody else. */
  readonly label: string | null
  readonly registeredAt: Date
  /** To the hour. */
  readonly lastSeenOn: Date | null
}

/** As Postgres has it. */
export interface NodeRow {
  readonly spki_sha256: string
  readonly account_id: number
  readonly node_id: string
  readonly node_id_16: string
  readonly node_id_32: string
  readonly public_key: string
  readonly certificate: string
  readonly proven_at: Date | null
  readonly is_vouched: boolean
  readonly label: string | null
  readonly registered_at: Date
  readonly last_seen_on: Date | null
}

export const NODE_COLUMNS = `spki_sha256, account_id, node_id, node_id_16, node_id_32, public_key, certificate,
  proven_at, is_vouched, label, registered_at, last_seen_on`

export function nodeOf(row: NodeRow): Node {
  return {
    spkiSha256: row.spki_sha256,
    accountId: row.account_id,
    nodeId: nodeIdSchema.parse(row.node_id),
    ids: { short: nodeIdSchema.parse(row.node_id_16), long: nodeIdSchema.parse(row.node_id_32) },
    publicKeyPem: row.public_key,
    certificatePem: row.certificate,
    isProven: row.proven_at !== null,
    isVouched: row.is_vouched,
    label: row.label,
    registeredAt: row.registered_at,
    lastSeenOn: row.last_seen_on,
  }
}
