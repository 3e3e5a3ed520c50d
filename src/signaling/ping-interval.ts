/** Pinging a node more often than this costs its battery more than a lost connection does. */
const SHORTEST_SECONDS = 5
/** A connection of this age has shown that its interval keeps whatever lies between alive. */
const LIVED_WELL_SECONDS = 600

/** How a connection ended, as far as the rule asks. */
export interface ConnectionEnd {
  /** What it was pinged by. */
  readonly pingSeconds: number
  readonly livedSeconds: number
  /** How long nothing had been heard of it. */
  readonly silentSeconds: number
  /** The hub closed it for a reason of its own: that says nothing about the way between. */
  readonly isOurDoing: boolean
}

/**
 * The ping interval for the node's next connection, in seconds.
 *
 * What lies between (a NAT, a proxy, a phone asleep) forgets a connection on which nothing passes, and
 * tells nobody. Such a death is known by the silence before it: all of a ping interval, as a peer that
 * is there would have answered. It halves the interval; ten minutes of life double it again. So a
 * connection that lived long and then died changes nothing: that was the cable, not the silence.
 *
 * @param baseSeconds the operator's interval: it is never longer than this
 */
export function nextPingSeconds(end: ConnectionEnd, baseSeconds: number): number {
  const { pingSeconds, livedSeconds } = end
  const earned = livedSeconds >= LIVED_WELL_SECONDS ? pingSeconds * 2 : pingSeconds
  const seconds = hasDiedInSilence(end) ? Math.floor(earned / 2) : earned
  return Math.min(baseSeconds, Math.max(SHORTEST_SECONDS, seconds))
}

/** The heartbeat counts whole seconds: what it calls one less may have been the whole interval. */
function hasDiedInSilence({ isOurDoing, silentSeconds, pingSeconds }: ConnectionEnd): boolean {
  return !isOurDoing && silentSeconds >= pingSeconds - 1
}
