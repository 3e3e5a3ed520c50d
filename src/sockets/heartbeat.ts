/** How often the sweep comes round. */
const SWEEP_MS = 1_000
/** A peer silent for this many ping intervals is gone: within 30 s at the default of 20 s. */
const SILENT_INTERVALS = 1.5
/** Seconds a peer has to answer a ping, however short its interval is. */
const LEAST_ANSWER_SECONDS = 3

/** What the heartbeat needs of a connection; it keeps its notes on it. */
export interface Beating {
  readonly bytesReceived: number
  /** Seconds of silence after which it is pinged. */
  readonly pingSeconds: number
  bytesHeard: number
  heardAtSweep: number
  ping(): void
  terminate(): void
}

/**
 * One timer for all sockets. Liveness is bytes received from the peer, of whatever kind; a peer
 * that was silent for its ping interval is pinged, and one that stays silent is hung up on.
 */
export class Heartbeat<Socket extends Beating> {
  private sweep = 0
  private timer: NodeJS.Timeout | null = null

  constructor(
    private readonly sockets: () => Iterable<Socket>,
    /** Called for each socket at each sweep, with the sweep's number: one a second. */
    private readonly onSweep: (socket: Socket, sweep: number) => void,
  ) {}

  start(): void {
    this.timer = setInterval(() => this.sweepOnce(), SWEEP_MS)
    this.timer.unref()
  }

  stop(): void {
    if (this.timer) clearInterval(this.timer)
  }

  /** The number of the current sweep: a new socket has been heard now. */
  get now(): number {
    return this.sweep
  }

  /** Seconds since it was last heard of; also of one that is gone. */
  silenceOf(socket: Socket): number {
    return socket.bytesReceived === socket.bytesHeard ? this.sweep - socket.heardAtSweep : 0
  }

  private sweepOnce(): void {
    this.sweep++
    for (const socket of this.sockets()) {
      this.listen(socket)
      this.onSweep(socket, this.sweep)
    }
  }

  private listen(socket: Socket): void {
    const received = socket.bytesReceived
    if (received !== socket.bytesHeard) {
      socket.bytesHeard = received
      socket.heardAtSweep = this.sweep
      return
    }
    const silence = this.sweep - socket.heardAtSweep
    if (silence >= longestSilence(socket.pingSeconds)) socket.terminate()
    else if (silence === socket.pingSeconds) socket.ping()
  }
}

/** In sweeps. The first of them notices what came up to a second before it: that second counts. */
function longestSilence(pingSeconds: number): number {
  return Math.max(Math.ceil(pingSeconds * SILENT_INTERVALS) - 1, pingSeconds + LEAST_ANSWER_SECONDS)
}
