/**
 * Loaded into a server under test with `--import`: tells its parent what it has used. The server
 * itself knows nothing of it.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'

export type Question = 'cpu' | 'memory' | 'usage'

/** Microseconds of CPU, in all threads, kernel included. */
export interface CpuAnswer {
  readonly microseconds: number
}

/** Bytes, after everything that can be collected has been. */
export interface MemoryAnswer {
  readonly rss: number
  readonly heapUsed: number
  readonly external: number
}

/** What a process holds, as it is. */
export interface UsageAnswer extends MemoryAnswer {
  /** What keeps the event loop alive, counted by kind: `Timeout`, `TCPSocketWrap`, … */
  readonly handles: Readonly<Record<string, number>>
}

/** One collection leaves what finalisers and weak references hold until the next. */
const COLLECTIONS = 4

process.on('message', (question: Question) => {
  answer(question).then((reply) => process.send?.(reply), fail)
})
// The server ends when it wants to, not when its parent lets go.
process.channel?.unref()

function fail(error: unknown): void {
  console.error(error)
  process.exit(1)
}

async function answer(question: Question): Promise<CpuAnswer | MemoryAnswer | UsageAnswer> {
  if (question === 'cpu') {
    const { user, system } = process.cpuUsage()
    return { microseconds: user + system }
  }
  if (question === 'usage') return { ...memory(), handles: countByKind() }
  for (let i = 0; i < COLLECTIONS; i++) {
    globalThis.gc?.()
    await nextTurn()
  }
  return memory()
}

function memory(): MemoryAnswer {
  const { rss, heapUsed, external } = process.memoryUsage()
  return { rss, heapUsed, external }
}

function countByKind(): Record<string, number> {
  const handles: Record<string, number> = {}
  for (const kind of process.getActiveResourcesInfo()) handles[kind] = (handles[kind] ?? 0) + 1
  return handles
}
