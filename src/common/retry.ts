/** Milliseconds until the next attempt to connect: short at first, never over a second, jittered. */
export function pauseBefore(attempt: number): number {
  return Math.min(1_000, 50 * 2 ** attempt) * (0.5 + Math.random() / 2)
}
