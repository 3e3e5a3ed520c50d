/** Sockets that are sent away in a second: others take them in at this pace without noticing. */
const A_SECOND = 200
/** With two more for the answers of other instances the last one is told within ten seconds. */
const LONGEST_MS = 8_000
/** Nobody else can serve them: the sooner this instance is back, the better. */
const LONGEST_ALONE_MS = 1_500

/** What a process needs to be back where it was. */
const RESTART_MS = 1_500
/** Sockets that one instance takes in a second without making anybody wait. */
const BACK_A_SECOND = 1_000
const SHORTEST_SPREAD_MS = 1_000
const LONGEST_SPREAD_MS = 20_000

/** When one socket is told to go, and when it should come back. */
export interface Departure {
  /** Milliseconds from the beginning. */
  readonly atMs: number
  /** Milliseconds after it went. */
  readonly reconnectAfterMs: number
}

/**
 * When each of `count` sockets is told to go, the first one first. Both times are random, so that
 * clients, who all begin with nothing else to do, do not come back as one crowd.
 *
 * @param isAlone no other instance is there to take them: they come back to the next process
 * @param random  as Math.random
 */
export function planDepartures(
  count: number,
  isAlone: boolean,
  random: () => number = Math.random,
): Departure[] {
  const longest = isAlone ? LONGEST_ALONE_MS : LONGEST_MS
  const leavingMs = Math.min(longest, (count / A_SECOND) * 1_000)
  const earliest = isAlone ? RESTART_MS : 0
  const spreadMs = isAlone
    ? clamp((count / BACK_A_SECOND) * 1_000, SHORTEST_SPREAD_MS, LONGEST_SPREAD_MS)
    : SHORTEST_SPREAD_MS
  return Array.from({ length: count }, () => ({
    atMs: random() * leavingMs,
    reconnectAfterMs: Math.round(earliest + random() * spreadMs),
  })).sort((one, other) => one.atMs - other.atMs)
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value))
}
