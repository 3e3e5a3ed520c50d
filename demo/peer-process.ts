import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'

import type { Command, CommandName, FromPeer, PeerSettings, Relayed } from './peer-commands.js'
import type { Timeline } from './timeline.js'

const PROGRAM = fileURLToPath(new URL('./peer.js', import.meta.url))

interface Asked {
  readonly done: (relayed: Relayed) => void
  readonly failed: (error: Error) => void
}

/** The demo's end of a peer: asks it for one thing at a time. */
export class PeerProcess {
  private readonly child: ChildProcess
  private asked: Asked | null = null
  private failure: Error | null = null

  constructor(
    private readonly settings: PeerSettings,
    private readonly timeline: Timeline,
  ) {
    this.child = fork(PROGRAM, [JSON.stringify(settings)])
    this.child.on('message', (message: FromPeer) => this.take(message))
    this.child.on('error', (error) => this.fail(error))
    this.child.on('exit', (code, signal) =>
      this.fail(new Error(`its process has ended (${signal ?? code ?? '?'})`)),
    )
  }

  get name(): string {
    return this.settings.name
  }

  get skill(): string {
    return this.settings.skill
  }

  get processId(): number | undefined {
    return this.child.pid
  }

  /** Resolves when it is done, with what the hub has carried for this peer until then. */
  ask(name: CommandName, argument = ''): Promise<Relayed> {
    return new Promise((done, failed) => {
      if (this.failure) {
        failed(this.failure)
        return
      }
      this.asked = { done, failed }
      const command: Command = { name, argument }
      this.child.send(command)
    })
  }

  kill(): void {
    this.child.kill('SIGKILL')
  }

  private take(message: FromPeer): void {
    switch (message.kind) {
      case 'says':
        this.timeline.say(this.name, message.text)
        break
      case 'done':
        this.asked?.done(message.relayed)
        this.asked = null
        break
      case 'failed':
        this.fail(new Error(message.reason))
    }
  }

  /** Whatever is under way or asked for later rejects with the first failure. */
  private fail(error: Error): void {
    this.failure ??= new Error(`${this.name}: ${error.message}`)
    this.asked?.failed(this.failure)
    this.asked = null
  }
}
