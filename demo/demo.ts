/**
 * `npm run demo`: two peers find each other through a hub, connect, and no longer need it.
 *
 * `npm run demo -- --hub http://127.0.0.1:8000` uses a hub that runs already (with its development
 * login) in place of one of its own.
 */
import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'

import { z } from 'zod'

import { HubProcess } from './hub-process.js'
import type { Relayed } from './peer-commands.js'
import { PeerProcess } from './peer-process.js'
import { Timeline } from './timeline.js'

const PATIENCE_MS = 60_000

const health = z.object({ websocket_connections: z.int() })

const timeline = new Timeline((text) => process.stdout.write(text))
let hub: HubProcess | null = null
const peers: PeerProcess[] = []

async function demo(given: string | undefined): Promise<void> {
  const url = given?.replace(/\/+$/, '') ?? (await startHub())
  const before = await openSockets(url)
  // On a hub that others use, too, nobody else has these skills.
  const tag = randomBytes(2).toString('hex')
  const ada = startPeer(url, { name: 'Ada', skill: `Rust ${tag}`, level: 5 })
  const ben = startPeer(url, { name: 'Ben', skill: `машинное обучение ${tag}`, level: 4 })

  timeline.heading('Each for itself')
  await Promise.all([ada.ask('join'), ben.ask('join')])

  timeline.heading('They find each other, and connect')
  await Promise.all([ada.ask('find', ben.skill), ben.ask('find', ada.skill)])
  const sockets = (await openSockets(url)) - before
  await Promise.all([ben.ask('awaitCall'), ada.ask('call')])

  timeline.heading('Peer to peer')
  await say(ada, ben, 'Hello Ben, how did you learn machine learning?')
  await say(ben, ada, 'By doing it. And you Rust?')

  timeline.heading('Without the hub')
  await Promise.all([ada.ask('settle'), ben.ask('settle')])
  const relayed = await Promise.all([ada.ask('leaveHub'), ben.ask('leaveHub')])
  await Promise.all([ada.ask('deleteAccount'), ben.ask('deleteAccount')])
  await stopHub()
  await say(ada, ben, 'We have left the hub. Can you hear me?')
  await say(ben, ada, 'Every byte.')

  const count = (what: keyof Relayed) => relayed.reduce((sum, each) => sum + each[what], 0)
  const [sent, frames, bytes] = [count('sent'), count('received'), count('bytesReceived')]
  if (sent !== frames) throw new Error(`${sent} frames were sent, and ${frames} arrived`)
  timeline.heading('What the hub saw')
  timeline.say('', `${sockets} sockets, 2 accounts (deleted)`)
  timeline.say('', `${frames} frames relayed, ${bytes} bytes, as the peers count them`)
  timeline.say('', '0 bytes of the conversation')
  await ada.ask('hangUp')
}

async function say(from: PeerProcess, to: PeerProcess, text: string): Promise<void> {
  await Promise.all([from.ask('talk', text), to.ask('listen')])
}

async function startHub(): Promise<string> {
  timeline.heading('A hub')
  hub = await HubProcess.spawn()
  await hub.ready()
  timeline.say('hub', `is healthy at ${hub.url} (process ${hub.processId ?? '?'}, empty database)`)
  return hub.url
}

async function stopHub(): Promise<void> {
  if (!hub) return
  await hub.stop()
  timeline.say('hub', 'is stopped')
}

function startPeer(
  url: string,
  person: { name: string; skill: string; level: number },
): PeerProcess {
  const email = `${person.name.toLowerCase()}-${randomBytes(4).toString('hex')}@example.org`
  const peer = new PeerProcess({ ...person, hub: url, email }, timeline)
  peers.push(peer)
  return peer
}

async function openSockets(url: string): Promise<number> {
  try {
    const answer = await fetch(`${url}/health`)
    return health.parse(await answer.json()).websocket_connections
  } catch (cause) {
    throw new Error(`there is no hub at ${url}`, { cause })
  }
}

/** Ends every process that was begun here. */
async function endAll(): Promise<void> {
  for (const peer of peers) peer.kill()
  await hub?.stop()
}

/** Ends the process; a cleanup that fails as well changes nothing. */
function fail(error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error)
  process.stderr.write(`\nThe demo failed after ${timeline.elapsedMs.toFixed(0)} ms: ${reason}\n`)
  const end = () => process.exit(1)
  endAll().then(end, end)
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => fail(new Error(`stopped by ${signal}`)))
}
setTimeout(() => fail(new Error(`it is not over after ${PATIENCE_MS / 1_000} s`)), PATIENCE_MS)

try {
  const { values } = parseArgs({ options: { hub: { type: 'string' } } })
  await demo(values.hub)
  await endAll()
  timeline.heading(`Done in ${(timeline.elapsedMs / 1_000).toFixed(1)} s.`)
  process.exit(0)
} catch (error) {
  fail(error)
}
