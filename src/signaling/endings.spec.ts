import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'

import type { Actor } from '../identity/actor.js'
import type { ConnectionRegistry } from '../routing/connection-registry.js'
import type { Notice, NoticeFeed } from '../tokens/notice-feed.js'
import type { Ended, RevocationFeed } from '../tokens/revocation-feed.js'
import { Endings } from './endings.js'

/** What Endings sees of a connection: two of each account, each with a session and a node of its own. */
class Peer {
  readonly isModern = true
  readonly actor: Pick<Actor, 'accountId' | 'sessionId'> & { node: { spkiSha256: string } }
  readonly got: (number | string)[] = []

  constructor(n: number) {
    const node = { spkiSha256: `node ${n}` }
    this.actor = { accountId: Math.floor(n / 2), sessionId: `session ${n}`, node }
  }

  close(code: number): void {
    this.got.push(code)
  }

  send(text: string): void {
    this.got.push(text)
  }
}

let peers: Peer[]
let walks: number
let end: (ended: Ended) => void
let notify: (notice: Notice) => void

function connect(count: number): void {
  peers = Array.from({ length: count }, (_, n) => new Peer(n))
  const live = new Set(peers)
  walks = 0
  const connections = {
    all: () => {
      walks++
      return live.values()
    },
    remove: (peer: Peer) => live.delete(peer),
  }
  new Endings(
    connections as unknown as ConnectionRegistry,
    { onEnded: (listener: typeof end) => (end = listener) } as unknown as RevocationFeed,
    { onNotice: (listener: typeof notify) => (notify = listener) } as unknown as NoticeFeed,
  ).onModuleInit()
}

beforeEach(() => {
  jest.useFakeTimers()
  jest.advanceTimersByTime(60_000)
})

afterEach(() => {
  jest.useRealTimers()
})

describe('what has ended', () => {
  it.each<[string, Ended, (number | string)[][]]>([
    ['a session', { kind: 'session', sessionId: 'session 1' }, [[], [4501], [], []]],
    ['an account', { kind: 'account', accountId: 0 }, [[4503], [4503], [], []]],
    ['a node', { kind: 'node', spkiSha256: 'node 2' }, [[], [], [4502], []]],
    [
      'a node for one session',
      { kind: 'node', spkiSha256: 'node 2', sessionId: 'session 2' },
      [[], [], [4502], []],
    ],
    [
      'a node for a session that has another one',
      { kind: 'node', spkiSha256: 'node 2', sessionId: 'session 3' },
      [[], [], [], []],
    ],
  ])('closes at once who spoke for it: %s', (_what, ended, expected) => {
    connect(4)
    end(ended)
    expect(peers.map(({ got }) => got)).toEqual(expected)
  })

  it('is said by the most of it, if there is more than one', () => {
    connect(4)
    end({ kind: 'session', sessionId: 'session 3' })
    end({ kind: 'session', sessionId: 'session 0' })
    end({ kind: 'node', spkiSha256: 'node 0' })
    end({ kind: 'session', sessionId: 'session 1' })
    end({ kind: 'account', accountId: 0 })
    jest.advanceTimersByTime(50)

    expect(peers.map(({ got }) => got)).toEqual([[4503], [4503], [], [4501]])
  })

  it('costs two walks over the connections though five thousand sessions end', () => {
    connect(6_000)
    for (let n = 0; n < 5_000; n++) end({ kind: 'session', sessionId: `session ${n}` })
    jest.advanceTimersByTime(50)

    expect(walks).toBe(2)
    expect(peers.filter(({ got }) => got.length === 1)).toHaveLength(5_000)
  })
})

it('a notice is passed to the node, or to all nodes of the account, once and in order', () => {
  connect(4)
  notify({ to: { spkiSha256: 'node 0' }, frame: { type: 'keys_low', count: 2 } })
  notify({ to: { spkiSha256: 'node 0' }, frame: { type: 'keys_low', count: 1 } })
  notify({ to: { accountId: 1 }, frame: { type: 'keys_low', count: 9 } })
  jest.advanceTimersByTime(100)

  const keysLow = (count: number): string => JSON.stringify({ type: 'keys_low', count })
  expect(peers.map(({ got }) => got)).toEqual([
    [keysLow(2), keysLow(1)],
    [],
    [keysLow(9)],
    [keysLow(9)],
  ])
})
