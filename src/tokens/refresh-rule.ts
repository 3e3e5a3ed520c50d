/** How long a predecessor is still good after its successor was first used: two tabs, a lost answer. */
export const GRACE_MS = 30_000

/** What the hub remembers of a session's refresh tokens: two values, no token. */
export interface RefreshState {
  /** The newest generation that was ever presented. 0 until a successor is used. */
  readonly generation: number
  /** When `generation` was first presented, ms since the epoch; null while it is 0. */
  readonly generationUsedAt: number | null
}

export type RefreshVerdict =
  | { readonly kind: 'current'; readonly issue: number }
  | { readonly kind: 'advance'; readonly issue: number; readonly state: RefreshState }
  | { readonly kind: 'late'; readonly issue: number }
  | { readonly kind: 'replayed' }

/**
 * A rotation is committed when its successor is first used (CONTRACT §4.2).
 *
 * - `current`   the newest generation again: the same successor again, however often. A client that
 *               never stores the successor, or whose answer was lost, goes on for ever.
 * - `advance`   a successor for the first time: its predecessor is dead from now on.
 * - `late`      the predecessor within 30 s of that: whoever sent it gets the current generation.
 * - `replayed`  the predecessor later than that, or anything older: two parties hold this session's
 *               tokens, so the session ends.
 */
export function judgeRefresh(state: RefreshState, presented: number, now: number): RefreshVerdict {
  const { generation, generationUsedAt } = state
  if (presented === generation) return { kind: 'current', issue: generation + 1 }
  if (presented > generation) {
    return {
      kind: 'advance',
      issue: presented + 1,
      state: { generation: presented, generationUsedAt: now },
    }
  }
  const isFresh = generationUsedAt !== null && now - generationUsedAt <= GRACE_MS
  if (presented === generation - 1 && isFresh) return { kind: 'late', issue: generation }
  return { kind: 'replayed' }
}
