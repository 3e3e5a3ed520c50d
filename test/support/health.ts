import type { TestHub } from './hub.js'

/** Resolves when the hub reaches its database again; its clock moves on with each look. */
export async function healthy(hub: TestHub): Promise<void> {
  for (;;) {
    const { body } = await hub.fetch('GET', '/health')
    if (body.status === 'healthy') return
    hub.clock.advance({ seconds: 1 })
  }
}
