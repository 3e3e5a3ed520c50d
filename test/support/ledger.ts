/**
 * What was done and seen while signals were sent through a hub, in the manner of Jepsen: every
 * operation is invoked, and later found ok, failed, or told as information. ledger-checker.ts judges
 * it afterwards. Nodes, connections and signals are numbers; times are milliseconds of one steady
 * clock.
 */
export type Operation = Invoked | Received | Acked | Failed | Opened | Resumed | Ended | Fault

/** A signal was sent. Its number is in its payload, and grows with each signal of a connection. */
export interface Invoked {
  readonly type: 'invoke'
  readonly at: number
  readonly n: number
  /** The sender's. */
  readonly connection: number
  readonly target: number
  /** It asks to be told when it was handed over; its number is the `ref`. */
  readonly hasRef: boolean
}

/** A signal came out of a connection. */
export interface Received {
  readonly type: 'ok'
  readonly what: 'receipt'
  readonly at: number
  readonly n: number
  /** The target's. */
  readonly connection: number
  /** The hub's number for it on this connection; null for classic clients. */
  readonly seq: number | null
  /** The payload is as it was sent, to the last character. */
  readonly isIntact: boolean
}

/** The sender was told that its signal was handed over. */
export interface Acked {
  readonly type: 'ok'
  readonly what: 'ack'
  readonly at: number
  readonly n: number
  /** The sender's. */
  readonly connection: number
}

/** The sender was told that its signal was not handed over. */
export interface Failed {
  readonly type: 'fail'
  readonly at: number
  readonly code: string
  /** Null without a `ref`: the error says whom it was for, not which. */
  readonly n: number | null
  readonly connection: number
  /** Null if the error does not even say that. */
  readonly target: number | null
}

export interface Opened {
  readonly type: 'info'
  readonly what: 'opened'
  readonly at: number
  readonly connection: number
  readonly node: number
}

/** A connection was promised what a former one had missed: nothing of that one is lost. */
export interface Resumed {
  readonly type: 'info'
  readonly what: 'resumed'
  readonly at: number
  readonly connection: number
  readonly former: number
}

export interface Ended {
  readonly type: 'info'
  readonly what: 'ended'
  readonly at: number
  readonly connection: number
  /** False: both sides said goodbye, so all that was handed to it before arrived. */
  readonly isDead: boolean
  /** How long a hub may have taken it for alive after that. */
  readonly unnoticedMs: number
}

/** Something was broken on purpose from `at` to `until`, the time to mend included. */
export interface Fault {
  readonly type: 'info'
  readonly what: 'fault'
  readonly at: number
  readonly until: number
  readonly name: string
}

/** Writes down what a driver does and sees, with the time. */
export class Ledger {
  readonly operations: Operation[] = []
  private signals = 0
  private connections = 0
  private answers = 0

  get now(): number {
    return performance.now()
  }

  /** As many were received or reported as were sent. */
  get isSettled(): boolean {
    return this.answers >= this.signals
  }

  /** @returns the signal's number */
  invoke(connection: number, target: number, hasRef: boolean): number {
    const n = ++this.signals
    this.operations.push({ type: 'invoke', at: this.now, n, connection, target, hasRef })
    return n
  }

  receipt(connection: number, n: number, seq: number | null, isIntact: boolean): void {
    const at = this.now
    this.answers++
    this.operations.push({ type: 'ok', what: 'receipt', at, n, connection, seq, isIntact })
  }

  ack(connection: number, n: number): void {
    this.operations.push({ type: 'ok', what: 'ack', at: this.now, n, connection })
  }

  fail(connection: number, error: Pick<Failed, 'code' | 'n' | 'target'>): void {
    const { code, n, target } = error
    this.answers++
    this.operations.push({ type: 'fail', at: this.now, code, n, connection, target })
  }

  /** @returns the connection's number */
  opened(node: number): number {
    const connection = ++this.connections
    this.operations.push({ type: 'info', what: 'opened', at: this.now, connection, node })
    return connection
  }

  resumed(connection: number, former: number): void {
    this.operations.push({ type: 'info', what: 'resumed', at: this.now, connection, former })
  }

  ended(connection: number, { at = this.now, isDead = false, unnoticedMs = 0 }): void {
    this.operations.push({ type: 'info', what: 'ended', at, connection, isDead, unnoticedMs })
  }

  /** Runs `whileBroken` and notes the time it takes, and `mendMs` more, as a fault. */
  async fault<Result>(
    name: string,
    mendMs: number,
    whileBroken: () => Promise<Result>,
  ): Promise<Result> {
    const at = this.now
    try {
      return await whileBroken()
    } finally {
      this.noteFault(name, at, this.now + mendMs)
    }
  }

  noteFault(name: string, at: number, until: number): void {
    this.operations.push({ type: 'info', what: 'fault', at, until, name })
  }
}
