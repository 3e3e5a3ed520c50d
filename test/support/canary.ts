import type { TestDatabase } from './postgres.js'

/** What must never be written down, with the reason each line or row is refused. */
const FORBIDDEN: readonly [RegExp, string][] = [
  [/eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}/, 'an access token'],
  [/\bv=0\b|\ba=(?:candidate|fingerprint|ice-)|\bcandidate:\d+ \d+ (?:udp|tcp)/i, 'SDP'],
]
const E_MAIL = /[\w.+-]+@[\w-]+\.[a-z]{2,}/i
const NODE_ID = /dpc-node-([0-9a-f]{16})/g

/**
 * The privacy promise, looked for in everything a hub left behind: no log line names a node, a
 * token, an e-mail address or SDP, and no row joins two nodes.
 */
export async function findLeaks(
  logLines: readonly string[],
  database: TestDatabase,
  secrets: readonly string[],
): Promise<string[]> {
  const leaks = logLines.flatMap((line) => leaksOf(line, secrets, { mayNameNodes: 0 }))
  const tables = await database.query<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'`,
  )
  for (const { name } of tables) {
    const rows = await database.query<{ text: string }>(
      `SELECT to_jsonb(t)::text AS text FROM "${name}" t`,
    )
    // A profile is what a person chose to publish, e-mail addresses included.
    const isPublished = name === 'profiles' || name === 'profile_skills'
    const found = rows.flatMap(({ text }) =>
      leaksOf(text, secrets, { mayNameNodes: 1, mayHoldEmail: isPublished }),
    )
    leaks.push(...found.map((leak) => `table ${name}: ${leak}`))
  }
  return leaks
}

export function leaksOf(
  text: string,
  secrets: readonly string[],
  allowed: { mayNameNodes: number; mayHoldEmail?: boolean },
): string[] {
  const nodes = new Set([...text.matchAll(NODE_ID)].map(([, id]) => id))
  const leaks = FORBIDDEN.filter(([pattern]) => pattern.test(text)).map(([, what]) => what)
  if (nodes.size > allowed.mayNameNodes) leaks.push(`${nodes.size} node ids together`)
  if (!allowed.mayHoldEmail && E_MAIL.test(text)) leaks.push('an e-mail address')
  if (secrets.some((secret) => text.includes(secret))) leaks.push('a token')
  return leaks.map((leak) => `${leak} in: ${text.slice(0, 300)}`)
}
