import type {
  Acked,
  Ended,
  Failed,
  Fault,
  Invoked,
  Opened,
  Operation,
  Received,
  Resumed,
} from './ledger.js'

/** One signal and all that was seen of it. */
export interface Signal {
  readonly invoked: Invoked
  readonly receipts: Received[]
  readonly acks: Acked[]
  /** Those that name it, and those without a name that can only have been for it. */
  readonly errors: Failed[]
}

export interface Line {
  readonly opened: Opened
  readonly ended: Ended | null
  /** It was promised what an earlier one had missed. */
  readonly resumed: Resumed | null
  /** The later one that was promised what this one had missed. */
  readonly successor: Line | null
}

/** The operations of a ledger, put together by what they are about. */
export interface History {
  readonly signals: ReadonlyMap<number, Signal>
  readonly connections: ReadonlyMap<number, Line>
  readonly connectionsOfNode: ReadonlyMap<number, readonly Line[]>
  readonly faults: readonly Fault[]
  /** Errors that do not say which signal they are for. */
  readonly nameless: readonly Failed[]
  /** What was received, acknowledged or refused and never sent. */
  readonly unknown: readonly Operation[]
}

export function historyOf(operations: readonly Operation[]): History {
  const signals = new Map<number, Signal>()
  const faults: Fault[] = []
  const nameless: Failed[] = []
  const unknown: Operation[] = []
  const opened: Opened[] = []
  const ended = new Map<number, Ended>()
  const resumed: Resumed[] = []
  const answers: (Received | Acked | Failed)[] = []
  for (const operation of operations) {
    if (operation.type === 'invoke') {
      signals.set(operation.n, { invoked: operation, receipts: [], acks: [], errors: [] })
    } else if (operation.type === 'ok') answers.push(operation)
    else if (operation.type === 'fail') answers.push(operation)
    else if (operation.what === 'opened') opened.push(operation)
    else if (operation.what === 'ended') ended.set(operation.connection, operation)
    else if (operation.what === 'resumed') resumed.push(operation)
    else faults.push(operation)
  }
  for (const answer of answers) {
    const signal = answer.n === null ? undefined : signals.get(answer.n)
    if (answer.type === 'fail' && answer.n === null) nameless.push(answer)
    else if (!signal) unknown.push(answer)
    else if (answer.type === 'fail') signal.errors.push(answer)
    else if (answer.what === 'ack') signal.acks.push(answer)
    else signal.receipts.push(answer)
  }
  return { signals, faults, nameless, unknown, ...linesOf(opened, resumed, ended) }
}

function linesOf(
  opened: readonly Opened[],
  resumed: readonly Resumed[],
  ended: ReadonlyMap<number, Ended>,
) {
  const promises = new Map(resumed.map((each) => [each.connection, each]))
  const formers = new Map(resumed.map((each) => [each.former, each.connection]))
  const connections = new Map<number, Line>()
  const connectionsOfNode = new Map<number, Line[]>()
  for (const each of opened.toReversed()) {
    const later = formers.get(each.connection)
    const line = {
      opened: each,
      ended: ended.get(each.connection) ?? null,
      resumed: promises.get(each.connection) ?? null,
      // Later ones come first here.
      successor: later === undefined ? null : (connections.get(later) ?? null),
    }
    connections.set(each.connection, line)
    const others = connectionsOfNode.get(each.node)
    if (others) others.push(line)
    else connectionsOfNode.set(each.node, [line])
  }
  return { connections, connectionsOfNode }
}
