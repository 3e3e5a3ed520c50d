import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'

import { z } from 'zod'

/** What two peers need of a hub: a way for small objects, there and back, until they are connected. */
export interface Signals {
  send(payload: object): void
}

const description = z.object({ type: z.enum(['offer', 'answer']), sdp: z.string() })
const candidate = z.object({
  type: z.literal('candidate'),
  candidate: z.string(),
  sdpMid: z.string().nullable(),
  sdpMLineIndex: z.int().nullable(),
})
/** What two peers tell each other through the hub, to which it means nothing. */
export const payloadSchema = z.discriminatedUnion('type', [description, candidate])

type Description = z.output<typeof description>
type Candidate = z.output<typeof candidate>
export type Payload = z.output<typeof payloadSchema>

/** The parts of WebRTC used here: the package relies on types of browsers, which Node has not. */
interface Connection {
  readonly localDescription: Description
  readonly connectionState: string
  onicecandidate: ((event: { candidate: Omit<Candidate, 'type'> | null }) => void) | null
  onconnectionstatechange: (() => void) | null
  ondatachannel: ((event: { channel: Channel }) => void) | null
  createDataChannel(label: string): Channel
  createOffer(): Promise<Description>
  createAnswer(): Promise<Description>
  setLocalDescription(description: Description): Promise<void>
  setRemoteDescription(description: Description): Promise<void>
  addIceCandidate(candidate: Omit<Candidate, 'type'>): Promise<void>
  close(): void
}
interface Channel {
  binaryType: string
  onopen: (() => void) | null
  onclose: (() => void) | null
  onmessage: ((event: { data: string | ArrayBuffer }) => void) | null
  send(data: string | Uint8Array): void
}
interface WebRtc {
  readonly RTCPeerConnection: new (configuration: IceConfiguration) => Connection
}

/** By which ways a peer looks for the other. */
export interface IceConfiguration {
  readonly iceServers: readonly {
    readonly urls: readonly string[]
    readonly username?: string | undefined
    readonly credential?: string | undefined
  }[]
  /** `relay`: through a TURN server or not at all. */
  readonly iceTransportPolicy?: 'all' | 'relay'
}

/** Host candidates are enough for peers of one machine, and need no network. */
const THIS_MACHINE: IceConfiguration = { iceServers: [] }

/** How a receiver answers bytes: the digest of what has arrived. */
const RECEIPT = 'sha-256 '

/** One side of a peer-to-peer connection with a data channel on it. */
export class Call {
  /** Resolves when the channel is open; rejects when the connection fails. */
  readonly opened: Promise<void>
  /** Resolves when this side has sent its last candidate. */
  readonly gathered: Promise<void>

  private readonly connection: Connection
  private channel: Channel | null = null
  private open: () => void = () => {}
  private fail: (error: Error) => void = () => {}
  /** Candidates that came before the description they belong to. */
  private early: Candidate[] | null = []
  private readonly texts: string[] = []
  private listener: ((text: string) => void) | null = null
  /** Waits for the other's receipt, in the order of what was sent. */
  private readonly receipts: ((digest: string) => void)[] = []

  constructor(
    private readonly signals: Signals,
    configuration = THIS_MACHINE,
  ) {
    this.opened = new Promise((resolve, reject) => {
      this.open = resolve
      this.fail = reject
    })
    this.connection = new (loadWebRtc().RTCPeerConnection)(configuration)
    this.gathered = new Promise((resolve) => {
      this.connection.onicecandidate = ({ candidate }) => {
        if (!candidate) resolve()
        else if (candidate.candidate !== '') this.signals.send(wireOf(candidate))
      }
    })
    this.connection.onconnectionstatechange = () => {
      if (this.connection.connectionState === 'failed') {
        this.fail(new Error('no way between the two peers was found (ICE failed)'))
      }
    }
    this.connection.ondatachannel = ({ channel }) => this.use(channel)
  }

  /** Calls the other side. */
  async offer(): Promise<void> {
    this.use(this.connection.createDataChannel('demo'))
    await this.describe(await this.connection.createOffer())
  }

  /** Takes what the other side sent through the hub, in the order it was sent. */
  async take(payload: Payload): Promise<void> {
    if (payload.type === 'candidate') {
      if (this.early) this.early.push(payload)
      else await this.connection.addIceCandidate(payload)
      return
    }
    await this.connection.setRemoteDescription(payload)
    if (payload.type === 'offer') await this.describe(await this.connection.createAnswer())
    const early = this.early ?? []
    this.early = null
    for (const candidate of early) await this.connection.addIceCandidate(candidate)
  }

  /** In the order they came, each once. For one caller at a time. */
  nextText(): Promise<string> {
    const text = this.texts.shift()
    if (text !== undefined) return Promise.resolve(text)
    return new Promise((resolve) => (this.listener = resolve))
  }

  sendText(text: string): void {
    this.channelOrThrow().send(text)
  }

  /** Resolves with whether the very same bytes have arrived on the other side. */
  async sendBytes(bytes: Uint8Array): Promise<boolean> {
    const receipt = new Promise<string>((resolve) => this.receipts.push(resolve))
    this.channelOrThrow().send(bytes)
    return (await receipt) === digestOf(bytes)
  }

  close(): void {
    this.connection.close()
  }

  private heard(text: string): void {
    if (!this.listener) this.texts.push(text)
    this.listener?.(text)
    this.listener = null
  }

  private async describe(description: Description): Promise<void> {
    await this.connection.setLocalDescription(description)
    const { type, sdp } = this.connection.localDescription
    this.signals.send({ type, sdp })
  }

  private use(channel: Channel): void {
    this.channel = channel
    channel.binaryType = 'arraybuffer'
    channel.onopen = () => this.open()
    channel.onclose = () => this.fail(new Error('the other peer hung up'))
    channel.onmessage = ({ data }) => {
      if (typeof data !== 'string') {
        channel.send(RECEIPT + digestOf(new Uint8Array(data)))
      } else if (data.startsWith(RECEIPT)) {
        this.receipts.shift()?.(data.slice(RECEIPT.length))
      } else {
        this.heard(data)
      }
    }
  }

  private channelOrThrow(): Channel {
    if (!this.channel) throw new Error('there is no data channel yet')
    return this.channel
  }
}

function wireOf({ candidate, sdpMid, sdpMLineIndex }: Omit<Candidate, 'type'>): Candidate {
  return { type: 'candidate', candidate, sdpMid, sdpMLineIndex }
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** @throws Error in plain words where the package has no build for this machine */
function loadWebRtc(): WebRtc {
  try {
    return createRequire(import.meta.url)('@roamhq/wrtc')
  } catch (cause) {
    throw new Error(
      `WebRTC is not to be had here: @roamhq/wrtc has no build for ${process.platform} ${process.arch}, ` +
        'or development dependencies were left out (npm ci)',
      { cause },
    )
  }
}
