import type { Verdict } from './ledger-checker.js'

/** Examples of each breach that are shown. */
const EXAMPLES = 5

/** What did not hold, in words, each with some examples; empty if all did. */
export function breachesOf({ breaches }: Verdict): string[] {
  return [...breaches].map(([what, examples]) =>
    [`${examples.length} × ${what}`, ...examples.slice(0, EXAMPLES)].join('\n    '),
  )
}

/** The verdict as rows of a table: what was counted, and how often. */
export function rowsOf(verdict: Verdict): (readonly [string, number])[] {
  const { signals, delivered, reported, toTheDead, senderGone, acked, repeated } = verdict
  return [
    ['signals sent', signals],
    ['received once, in order', delivered],
    ...Object.entries(reported)
      .toSorted(([a], [b]) => a.localeCompare(b))
      .map(([code, count]) => [`reported: \`${code}\``, count] as const),
    ['handed to a connection that died', toTheDead],
    ['sender’s connection ended before an answer', senderGone],
    ['received and reported, in a fault', verdict.indeterminate],
    ['silent, in a fault', verdict.silentInFaults],
    ['acknowledged', acked],
    ['answers repeated after `resume`', repeated],
    ['longest answer, ms', verdict.longestAnswerMs],
    ['breaches', [...verdict.breaches.values()].flat().length],
  ]
}
