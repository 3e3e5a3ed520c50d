import type { Decision, DeviceState } from './device-code.store.js'

/** How much longer the interval becomes by a poll that comes too early (RFC 8628 §3.5). */
const SLOWER_BY_SECONDS = 5
/** The interval grows no further: by then the code has expired. */
const MAX_INTERVAL_SECONDS = 900
/** A device that waits as told may arrive earlier by what the network held its last poll up. */
const LENIENCY_MS = 1_000

/** Who polls, as far as the caller has made sure of it. */
export interface Poll {
  readonly client: string
  /** RFC 7638 thumbprint of the key that signed the request (RFC 9449). */
  readonly jkt: string | null
  /** Milliseconds since the epoch. */
  readonly now: number
}

export type PollVerdict =
  | Decision
  | { readonly kind: 'other_client' }
  | { readonly kind: 'other_key' }
  | { readonly kind: 'expired' }
  | { readonly kind: 'pending'; readonly intervalSeconds: number }
  | { readonly kind: 'too_early'; readonly intervalSeconds: number }

/** What a poll is answered (RFC 8628 §3.5). Who asks comes first: somebody else learns nothing. */
export function judgePoll(device: DeviceState, { client, jkt, now }: Poll): PollVerdict {
  if (device.client !== client) return { kind: 'other_client' }
  if (device.dpopJkt !== null && device.dpopJkt !== jkt) return { kind: 'other_key' }
  if (device.expiresAt.getTime() <= now) return { kind: 'expired' }
  if (device.decision) return device.decision
  const { intervalSeconds, polledAt } = device
  const isEarly =
    polledAt !== null && now - polledAt.getTime() < intervalSeconds * 1_000 - LENIENCY_MS
  if (!isEarly) return { kind: 'pending', intervalSeconds }
  const slower = Math.min(intervalSeconds + SLOWER_BY_SECONDS, MAX_INTERVAL_SECONDS)
  return { kind: 'too_early', intervalSeconds: slower }
}
