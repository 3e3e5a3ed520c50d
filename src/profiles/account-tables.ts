const OWN_NODES = '(SELECT spki_sha256 FROM nodes WHERE account_id = $1)'

/**
 * Every table that can hold something of an account, and which of its rows, `t`, are that account's:
 * `$1` is its id. A test compares it with the database's catalogue.
 *
 * Indexes: the one on the account or on the node of each table. Challenges and logins under way name
 * the account in their payload; they have none, and are some minutes' worth of rows.
 */
export const ACCOUNT_TABLES = {
  accounts: 't.id = $1',
  identities: 't.account_id = $1',
  profiles: 't.account_id = $1',
  profile_skills: 't.account_id = $1',
  nodes: 't.account_id = $1',
  prekeys: `t.node IN ${OWN_NODES}`,
  node_rotations: `t.node IN ${OWN_NODES}`,
  node_successors: `t.node IN ${OWN_NODES}`,
  sessions: 't.account_id = $1',
  audit_events: 't.account_id = $1',
  authorization_codes: 't.account_id = $1',
  device_codes: 't.account_id = $1',
  socket_tickets: 't.account_id = $1',
  challenges: "t.payload ->> 'account_id' = $1::bigint::text",
  login_states: "t.payload ->> 'accountId' = $1::bigint::text",
} as const

export type AccountTable = keyof typeof ACCOUNT_TABLES

/** No foreign key leads from these to the account: nothing deletes their rows with it. */
export const WITHOUT_CASCADE = ['challenges', 'login_states'] as const satisfies AccountTable[]

export const ACCOUNT_TABLE_NAMES = Object.keys(ACCOUNT_TABLES).filter(isAccountTable)

function isAccountTable(name: string): name is AccountTable {
  return name in ACCOUNT_TABLES
}
