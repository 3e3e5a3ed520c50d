import { type Carrier, type RunningCarrier, startCarrier } from './carriers.js'
import { startHub, type StartOptions, type TestHub } from './hub.js'
import { cloneDatabase } from './postgres.js'
import { TestClock } from './test-clock.js'
import { TestNode } from './test-node.js'
import type { SelfSignedOptions } from './x509.js'

type NodeOptions = SelfSignedOptions & { accountId?: number }

/** The instances of one hub. Nodes connect to one after the other, so that two that follow are apart. */
export class TestHubs implements AsyncDisposable {
  private turns = 0

  constructor(
    readonly all: readonly TestHub[],
    /** What carries messages between them, to be broken. */
    readonly carrier: RunningCarrier,
    private readonly dispose: () => Promise<void>,
  ) {}

  /** The instance whose turn it is. */
  next(): TestHub {
    return this.at(this.turns++)
  }

  at(index: number): TestHub {
    return this.all[index % this.all.length]!
  }

  registeredNode(options: NodeOptions = {}): Promise<TestNode> {
    return this.next().registeredNode(options)
  }

  connectNode(options: NodeOptions = {}): Promise<TestNode> {
    return this.next().connectNode(options)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose()
  }
}

/** Several instances of one hub over one database, in this process; they share a clock. */
export async function startHubs(
  count: number,
  carrier: Carrier = 'postgres',
  options: Omit<StartOptions, 'database'> = {},
): Promise<TestHubs> {
  const database = await cloneDatabase()
  const running = await startCarrier(carrier, database.url)
  const clock = options.clock ?? new TestClock()
  const hubs: TestHub[] = []
  const dispose = async (): Promise<void> => {
    const ends = []
    for (const hub of hubs.toReversed()) {
      ends.push(...(await Promise.allSettled([hub[Symbol.asyncDispose]()])))
    }
    await running[Symbol.asyncDispose]()
    await database[Symbol.asyncDispose]()
    for (const end of ends) if (end.status === 'rejected') throw end.reason
  }
  try {
    while (hubs.length < count) {
      const publicUrl = hubs[0] && { PUBLIC_URL: hubs[0].url }
      const env = { ...publicUrl, ...running.env, ...options.env }
      hubs.push(await startHub({ ...options, database, clock, env }))
    }
  } catch (error) {
    await dispose()
    throw error
  }
  return new TestHubs(hubs, running, dispose)
}

/** The same person and node, at another instance. */
export function at(hub: TestHub, { person, identity }: TestNode): TestNode {
  return new TestNode(hub, person, identity)
}
