/** Upgrades that may begin in one turn of the event loop, however short it is. */
const A_TURN = 8
/** Of a turn that took longer: one for each millisecond of CPU, about a third of what can be done in it. */
const A_MILLISECOND = 1
/** Clients wait 5 s for an upgrade (CONTRACT §4.3): one that waited so long would come too late. */
const PATIENCE_MS = 3_000

interface Waiting {
  readonly begin: () => void
  readonly giveUp: () => void
  readonly since: number
}

/**
 * Lets upgrades begin a few at a time, so that requests go first when there is more to do than the
 * process can. After a restart every client first refreshes its token and then connects. A classic one
 * whose refresh is answered late stays offline until a person acts; one whose upgrade is refused comes
 * again in a few seconds (CONTRACT §4).
 */
export class UpgradeTurns {
  private readonly waiting = new Set<Waiting>()
  private left = A_TURN
  private cpuBefore = 0
  private isTurning = false

  /** Upgrades that wait for their turn. */
  get length(): number {
    return this.waiting.size
  }

  /** Calls one of the two: `begin` at once or when its turn comes, `giveUp` when that took too long. */
  take(begin: () => void, giveUp: () => void): void {
    this.start()
    if (this.left > 0 && this.waiting.size === 0) {
      this.left--
      begin()
    } else {
      this.waiting.add({ begin, giveUp, since: performance.now() })
    }
  }

  private start(): void {
    if (this.isTurning) return
    this.isTurning = true
    this.cpuBefore = cpuMilliseconds()
    setImmediate(() => this.turn())
  }

  private turn(): void {
    const cpu = cpuMilliseconds()
    this.left = Math.max(A_TURN, (cpu - this.cpuBefore) * A_MILLISECOND)
    this.cpuBefore = cpu
    const oldest = performance.now() - PATIENCE_MS
    for (const upgrade of this.waiting) {
      const isLate = upgrade.since < oldest
      if (!isLate && this.left <= 0) break
      this.waiting.delete(upgrade)
      if (isLate) {
        upgrade.giveUp()
      } else {
        this.left--
        upgrade.begin()
      }
    }
    if (this.waiting.size > 0) setImmediate(() => this.turn())
    else this.isTurning = false
  }
}

/** Of the whole process, since it began. */
function cpuMilliseconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}
