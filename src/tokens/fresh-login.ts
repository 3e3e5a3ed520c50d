import type { Actor } from '../identity/actor.js'
import { FreshLoginRequiredError } from './tokens.errors.js'

/** How long a login counts as fresh. */
const FRESH_MS = 5 * 60_000

/**
 * For acts that a stolen token must not be enough for. The session has to have begun within five
 * minutes, by a login at a provider or by a signature of the node key; a device login never counts,
 * as whoever asked for it was somewhere else.
 *
 * The rule follows the session, not the route. Classic sessions are let through: their client can
 * delete the whole account by its token alone (CONTRACT §1), so asking it for more on a smaller act
 * would protect nothing.
 *
 * @throws FreshLoginRequiredError
 */
export function requireFreshLogin(actor: Actor, now: number): void {
  if (actor.client === 'classic') return
  const { authenticatedAt } = actor
  if (authenticatedAt === null || now - authenticatedAt > FRESH_MS) {
    throw new FreshLoginRequiredError()
  }
}
