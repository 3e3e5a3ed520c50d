import { createHash, randomBytes } from 'node:crypto'

import type { SignedIn, TestHub } from './hub.js'

export interface Person extends SignedIn {
  /** What they registered last; null if nothing. */
  readonly nodeId: string | null
}

export interface Published {
  readonly name?: string
  readonly expertise?: Record<string, number>
  /** False: an account that has logged in and published, and registered no node. */
  readonly isRegistered?: boolean
}

/** Somebody with a profile. Their node is a row only, as searches see it: it has no key and cannot connect. */
export async function publish(hub: TestHub, what: Published): Promise<Person> {
  const { name = 'Somebody', expertise = {}, isRegistered = true } = what
  const person = await hub.signIn()
  const nodeId = isRegistered ? await addNode(hub, person.accountId) : null
  const answer = await hub.fetch('PUT', '/profile', {
    token: person.accessToken,
    body: { name, expertise },
  })
  if (answer.status !== 200) throw new Error(`PUT /profile: ${JSON.stringify(answer.body)}`)
  return { ...person, nodeId }
}

/** Registers a node by its row; the later the call, the later the registration. */
export async function addNode(hub: TestHub, accountId: number): Promise<string> {
  const hex = randomBytes(16).toString('hex')
  const [short, long] = [`dpc-node-${hex.slice(0, 16)}`, `dpc-node-${hex}`]
  const spki = createHash('sha256').update(hex).digest('hex')
  await hub.database.query(
    `INSERT INTO nodes (spki_sha256, account_id, node_id, node_id_16, node_id_32, public_key, certificate, registered_at)
     VALUES ($1, $2, $3, $4, $3, '', '', clock_timestamp())`,
    [spki, accountId, long, short],
  )
  return long
}
