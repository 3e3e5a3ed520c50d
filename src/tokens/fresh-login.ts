import type { Actor } from '../identity/actor.js'
import { FreshLoginRequiredError } from './tokens.errors.js'

/** How long a login counts as fresh. */
const FRESH_MS = 5 * 60_000

/**
 * For acts that a stolen token must not be enough for. The session has to have begun within five
 * minutes, by a login at a provider or by the key of a node that was proven during one: else a stolen
 * token could prove a key of its own and log in with that. A device login never counts, as whoever
 * asked for it was somewhere else.
 *
 * The rule follows the session, not the route. Classic sessions are let through: their client can
 * delete the whole account by its token alone (CONTRACT §1), so asking it for more on a smaller act
 * would protect nothing.
 *
 * @throws FreshLoginRequiredError
 */
export function requireFreshLogin(actor: Actor, now: number): void {
  if (actor.client !== 'classic') demandFreshLogin(actor, now)
}

/**
 * For what a classic token cannot do by itself: making others take another key for the node's.
 *
 * @throws FreshLoginRequiredError
 */
export function demandFreshLogin(actor: Actor, now: number): void {
  if (!hasFreshLogin(actor, now)) throw new FreshLoginRequiredError()
}

/** The session began within the last five minutes, by a person at a provider or a key that counts. */
export function hasFreshLogin({ authenticatedAt }: Actor, now: number): boolean {
  return authenticatedAt !== null && now - authenticatedAt <= FRESH_MS
}
