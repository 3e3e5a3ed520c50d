/**
 * Loaded into a server under test with `--import`: tells its parent what it has used. The server
 * itself knows nothing of it.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'

export type Question = 'cpu' | 'memory'

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

async function answer(question: Question): Promise<CpuAnswer | MemoryAnswer> {
  if (question === 'cpu') {
    const { user, system } = process.cpuUsage()
    return { microseconds: user + system }
  }
  for (let i = 0; i < COLLECTIONS; i++) {
    globalThis.gc?.()
    await nextTurn()
  }
  const { rss, heapUsed, external } = process.memoryUsage()
  return { rss, heapUsed, external }
}
