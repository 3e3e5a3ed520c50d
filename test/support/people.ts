import { createHash, randomBytes } from 'node:crypto'

import type { Answer, SignedIn, TestHub } from './hub.js'

export interface Person extends SignedIn {
  /** What they registered last; null if nothing. */
  readonly nodeId: string | null
}

export interface Published {
  readonly name?: string
  readonly expertise?: Record<string, number>
  /** Other fields of PUT /profile. */
  readonly fields?: Record<string, unknown>
  /** False: an account that has logged in and published, and registered no node. */
  readonly isRegistered?: boolean
}

/** Somebody with a profile. Their node is a row only, as searches see it: it has no key and cannot connect. */
export async function publish(hub: TestHub, what: Published): Promise<Person> {
  const { name = 'Somebody', expertise = {}, fields = {}, isRegistered = true } = what
  const person = await hub.signIn()
  const nodeId = isRegistered ? await addNode(hub, person.accountId) : null
  const answer = await hub.fetch('PUT', '/profile', {
    token: person.accessToken,
    body: { name, expertise, ...fields },
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

/** GET /discovery/search with these parameters. */
export function searchFor(
  hub: TestHub,
  token: string,
  parameters: Record<string, string>,
): Promise<Answer> {
  const query = new URLSearchParams(parameters).toString()
  return hub.fetch('GET', `/discovery/search?${query}`, { token })
}

/** The names found, in their order; in the modern form, whose `q` is free text, unless told otherwise. */
export async function findNames(
  hub: TestHub,
  token: string,
  parameters: Record<string, string>,
): Promise<string[]> {
  const { status, body } = await searchFor(hub, token, { sort: 'relevance', ...parameters })
  if (status !== 200) throw new Error(`search: ${JSON.stringify(body)}`)
  return body.results.map(({ name }: { name: string }) => name)
}
