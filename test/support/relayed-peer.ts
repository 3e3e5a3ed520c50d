import { type ChildProcess, fork } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { IceConfiguration } from '../../demo/call.js'
import { compileInto } from './compiled.js'
import { connectModern } from './modern-client.js'
import type { TestNode, TestSocket } from './test-node.js'

/**
 * One side of a call, in a process of its own that is killed in the end: the WebRTC package does not
 * survive a process' end. Commands are obeyed in the order in which they come: a candidate must not
 * overtake its description.
 */
const PROGRAM = `
import { Call } from './call.js'

const tell = (kind, what = {}) => process.send({ kind, ...what })
const fail = (error) => tell('failed', { reason: String(error) })

const call = new Call(
  { send: (payload) => tell('signal', { payload }) },
  { iceServers: JSON.parse(process.argv[2]), iceTransportPolicy: 'relay' },
)
call.gathered.then(() => tell('gathered'), fail)
call.opened.then(() => tell('opened'), fail)

const commands = {
  offer: () => call.offer(),
  take: (payload) => call.take(payload),
  say: (text) => call.sendText(text),
  listen: async () => tell('heard', { text: await call.nextText() }),
}
let last = Promise.resolve()
process.on('message', ({ command, argument }) => {
  last = last.then(() => commands[command](argument)).catch(fail)
})
`

type Command = 'offer' | 'take' | 'say' | 'listen'

/** A node that calls another over the hub's `v=2` socket and lets TURN servers alone carry the call. */
export class RelayedPeer implements AsyncDisposable {
  /** Resolves when the data channel is open, and when it has offered every way to itself that it has. */
  readonly opened: Promise<unknown>
  readonly gathered: Promise<unknown>
  /** Ways to itself that it offered, by their type. */
  readonly candidates: string[] = []
  private readonly child: ChildProcess
  private readonly told = new EventEmitter()

  private constructor(
    private readonly socket: TestSocket,
    iceServers: IceConfiguration['iceServers'],
    private readonly other: TestNode,
    private readonly folder: string,
  ) {
    this.child = fork(join(folder, 'program.js'), [JSON.stringify(iceServers)], {
      execArgv: [],
    })
    this.child.on('message', (message) => this.take(message))
    this.opened = once(this.told, 'opened')
    this.gathered = once(this.told, 'gathered')
    this.child.on('exit', () => this.told.emit('error', new Error('its process has ended')))
    // Whoever does not wait for one of them need not handle its failure.
    this.told.on('error', () => {})
    for (const outcome of [this.opened, this.gathered]) outcome.catch(() => {})
  }

  /** @param iceServers those of `auth_ok` unless told */
  static async connect(
    node: TestNode,
    other: TestNode,
    iceServers?: IceConfiguration['iceServers'],
  ): Promise<RelayedPeer> {
    const { socket, greeting } = await connectModern(node)
    const folder = mkdtempSync(join(tmpdir(), 'call-'))
    await compileInto(folder, ['demo/call.ts'])
    await writeFile(join(folder, 'program.js'), PROGRAM)
    const peer = new RelayedPeer(socket, iceServers ?? greeting.ice_servers, other, folder)
    // Ends when the socket closes.
    peer.listen().catch(() => {})
    return peer
  }

  offer(): void {
    this.ask('offer')
  }

  say(text: string): void {
    this.ask('say', text)
  }

  /** The next text of the other side. */
  async hear(): Promise<string> {
    const heard = once(this.told, 'heard')
    this.ask('listen')
    const [text] = await heard
    return text
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL')
    this.socket.socket.close()
    await this.socket.closed
    rmSync(this.folder, { recursive: true })
  }

  private ask(command: Command, argument?: unknown): void {
    this.child.send({ command, argument })
  }

  private async listen(): Promise<void> {
    for (;;) {
      const { type, payload } = await this.socket.next()
      if (type === 'signal') this.ask('take', payload)
    }
  }

  private take({ kind, payload, text, reason }: any): void {
    if (kind === 'failed') this.told.emit('error', new Error(reason))
    else if (kind !== 'signal') this.told.emit(kind, text)
    else {
      const type = / typ (\w+)/.exec(payload.candidate ?? '')?.[1]
      if (type !== undefined) this.candidates.push(type)
      this.socket.send({ type: 'signal', target_node_id: this.other.id, payload })
    }
  }
}
