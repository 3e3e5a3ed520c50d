import { setTimeout as delay } from 'node:timers/promises'

/** Resolves as soon as the condition holds, for what tells nobody when it happens; throws after 20 s. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 20_000
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`it never came true: ${holds.toString()}`)
    await delay(10)
  }
}
