/** One peer, in a process of its own: `demo.ts` starts it and tells it what to do. */
import { randomBytes } from 'node:crypto'

import { Call, payloadSchema } from './call.js'
import { logIn } from './dev-login.js'
import { HubClient, type HubSocket } from './hub-client.js'
import { makeIdentity } from './identity.js'
import type { Command, FromPeer, PeerCommands, PeerSettings, Relayed } from './peer-commands.js'

/** One data channel message; more than any signaling frame may be long. */
const BYTES = 128 * 1024

class Peer implements PeerCommands {
  private client: HubClient | null = null
  private socket: HubSocket | null = null
  private found: string | null = null
  private connected: Call | null = null
  private candidates = 0

  constructor(private readonly settings: PeerSettings) {}

  async join(): Promise<void> {
    const { name, hub, email, skill, level } = this.settings
    this.client = new HubClient(hub, await logIn(hub, email))
    say('logs in at the development page')
    const identity = await makeIdentity()
    say('makes an RSA-2048 key and a self-signed certificate of ten years')
    await this.client.register(identity)
    say(`registers as ${identity.nodeId}`)
    await this.client.publish({ name, expertise: { [skill]: level } })
    say(`publishes a profile: ${skill}, level ${level}`)
    this.socket = await this.client.openSocket({
      onSignal: (from, payload) => {
        this.take(from, payload).catch(fail)
      },
      onFailure: fail,
    })
    say('opens the signaling socket, and the hub says auth_ok')
  }

  async find(skill: string): Promise<void> {
    const [best, ...others] = await needed(this.client).search(skill)
    if (!best) throw new Error(`nobody is found for ${skill}`)
    this.found = best.node_id
    const more = others.length > 0 ? ` and ${others.length} more` : ''
    say(`searches for ${skill}, finds ${best.name}${more}`)
  }

  async call(): Promise<void> {
    await this.connection.offer()
    await this.awaitCall()
  }

  async awaitCall(): Promise<void> {
    await this.connection.opened
    say(`has an open data channel; ${this.candidates} candidates came through the hub`)
  }

  async talk(text: string): Promise<void> {
    say(`says “${text}”`)
    this.connection.sendText(text)
    const start = performance.now()
    if (!(await this.connection.sendBytes(randomBytes(BYTES))))
      throw new Error('other bytes have arrived')
    const took = (performance.now() - start).toFixed(1)
    say(`sends ${BYTES / 1024} KiB of random bytes; the other's SHA-256 agrees (${took} ms)`)
  }

  async listen(): Promise<void> {
    say(`hears “${await this.connection.nextText()}”`)
  }

  async settle(): Promise<void> {
    await this.connection.gathered
    await needed(this.socket).ping()
  }

  async leaveHub(): Promise<void> {
    await needed(this.socket).close()
    say('closes its socket to the hub')
  }

  async deleteAccount(): Promise<void> {
    await needed(this.client).deleteAccount()
    say('has the hub delete its account')
  }

  async hangUp(): Promise<void> {
    this.connection.close()
  }

  get relayed(): Relayed {
    const { sent = 0, received = 0, bytesReceived = 0 } = this.socket ?? {}
    return { sent, received, bytesReceived }
  }

  /** To whom was found. Begun when it is first needed: by a call, or by what the other one sends. */
  private get connection(): Call {
    if (this.connected) return this.connected
    const [socket, other] = [needed(this.socket), needed(this.found)]
    this.connected = new Call({ send: (payload) => socket.signal(other, payload) })
    return this.connected
  }

  /** What came by the hub. Nobody but the one found in the search may connect. */
  private async take(from: string, payload: unknown): Promise<void> {
    if (from !== this.found) throw new Error('somebody who was not searched for sends a signal')
    const signal = payloadSchema.parse(payload)
    if (signal.type === 'candidate') this.candidates += 1
    else say(`gets the ${signal.type} through the hub`)
    await this.connection.take(signal)
  }
}

function needed<Thing>(thing: Thing | null): Thing {
  if (thing === null) throw new Error('the demo asks for things in the wrong order')
  return thing
}

function tell(message: FromPeer): void {
  process.send?.(message)
}

function say(text: string): void {
  tell({ kind: 'says', text })
}

function fail(error: unknown): void {
  tell({ kind: 'failed', reason: error instanceof Error ? error.message : String(error) })
}

async function obey(peer: Peer, { name, argument }: Command): Promise<void> {
  try {
    await peer[name](argument)
    tell({ kind: 'done', relayed: peer.relayed })
  } catch (error) {
    fail(error)
  }
}

const peer = new Peer(JSON.parse(process.argv[2] ?? '{}'))
process.on('message', (command: Command) => {
  obey(peer, command).catch(fail)
})
// Without the demo there is nobody to talk for.
process.on('disconnect', () => process.exit(0))
