/** Slow ones that are remembered by name. */
const SLOWEST = 5

export interface Timed {
  readonly ms: number
  /** What was asked. */
  readonly asked: string
  /** Not answered as it should be. */
  readonly isFailed: boolean
}

/** What one kind of question took, in milliseconds. */
export interface Timing {
  readonly what: string
  readonly count: number
  readonly failed: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly slowest: readonly { readonly ms: number; readonly asked: string }[]
}

/** Asks once, after what it needs beforehand; resolves with what was timed. */
export type Ask = () => Promise<Timed>

/** `seconds`: so long at most. */
export async function measure(
  what: string,
  ask: Ask,
  { count, seconds = Number.POSITIVE_INFINITY }: { count: number; seconds?: number },
): Promise<Timing> {
  const warmUp = Math.ceil(Math.min(count, 500) / 10)
  for (let at = 0; at < warmUp; at++) await ask()
  const asked: Timed[] = []
  const endsAt = performance.now() + seconds * 1_000
  while (asked.length < count && performance.now() < endsAt) asked.push(await ask())
  return timingOf(what, asked)
}

/** @param work resolves with whether it was answered as it should be */
export async function timed(asked: string, work: () => Promise<boolean>): Promise<Timed> {
  const startedAt = performance.now()
  const isFailed = !(await work())
  return { ms: performance.now() - startedAt, asked, isFailed }
}

function timingOf(what: string, asked: readonly Timed[]): Timing {
  const slow = asked.toSorted((one, other) => other.ms - one.ms)
  const percentile = (share: number): number => {
    return slow[Math.floor((1 - share) * slow.length)]?.ms ?? Number.NaN
  }
  return {
    what,
    count: asked.length,
    failed: asked.filter(({ isFailed }) => isFailed).length,
    p50: percentile(0.5),
    p95: percentile(0.95),
    p99: percentile(0.99),
    slowest: slow.slice(0, SLOWEST).map(({ ms, asked: text }) => ({ ms, asked: text })),
  }
}
