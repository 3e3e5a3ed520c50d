import type { ServerProcess } from '../server-process.js'
import type { Sample } from './report.js'

const MIB = 1_048_576

/** Looks at what a server holds, again and again, until it is told to stop. */
export class Sampler {
  readonly samples: Sample[] = []
  private readonly began = performance.now()
  private readonly timer: NodeJS.Timeout
  private isLooking = false

  constructor(
    private readonly server: ServerProcess,
    everySeconds = 1,
  ) {
    this.timer = setInterval(() => void this.look(), everySeconds * 1_000)
  }

  stop(): readonly Sample[] {
    clearInterval(this.timer)
    return this.samples
  }

  private async look(): Promise<void> {
    if (this.isLooking || !this.server.isRunning) return
    this.isLooking = true
    try {
      const { rss, heapUsed } = await this.server.usage()
      this.samples.push({
        seconds: Math.round((performance.now() - this.began) / 100) / 10,
        rssMib: Math.round((rss / MIB) * 10) / 10,
        heapMib: Math.round((heapUsed / MIB) * 10) / 10,
      })
    } catch {
      // It has ended: whoever waits for it will say so.
    } finally {
      this.isLooking = false
    }
  }
}
