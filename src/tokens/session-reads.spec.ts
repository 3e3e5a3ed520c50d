import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'

import { SessionReads } from './session-reads.js'
import type { Session } from './session.store.js'

/** One statement that the reads have sent, and what Postgres will say to it. */
interface Statement {
  readonly ids: readonly string[]
  answer(): void
  fail(error: Error): void
}

describe('SessionReads', () => {
  let sent: Statement[]
  let reads: SessionReads

  beforeEach(() => {
    jest.useFakeTimers()
    sent = []
    reads = new SessionReads(
      (ids) =>
        new Promise((resolve, reject) => {
          sent.push({
            ids,
            answer: () => resolve(new Map(ids.filter(lives).map((id) => [id, sessionOf(id)]))),
            fail: reject,
          })
        }),
    )
  })

  afterEach(() => {
    jest.useRealTimers()
  })

  const idsSent = (): (readonly string[])[] => sent.map(({ ids }) => ids)
  /** Lets everything run that waits for nothing but promises. */
  const settle = (): Promise<void> => jest.advanceTimersByTimeAsync(0)

  it('sends a lone read at once', async () => {
    const found = reads.find('live-1')

    expect(idsSent()).toEqual([['live-1']])
    sent[0]?.answer()
    expect(await found).toBe(sessionOf('live-1'))
  })

  it('finds nothing of a session that has ended', async () => {
    const found = reads.find('ended')
    sent[0]?.answer()

    expect(await found).toBeNull()
  })

  it('sends what came while a statement was under way together in the next', async () => {
    const found = ['live-1', 'live-2', 'ended', 'live-3'].map((id) => reads.find(id))
    sent[0]?.answer()
    await settle()
    sent[1]?.answer()

    expect(await Promise.all(found)).toEqual([
      sessionOf('live-1'),
      sessionOf('live-2'),
      null,
      sessionOf('live-3'),
    ])
    expect(idsSent()).toEqual([['live-1'], ['live-2', 'ended', 'live-3']])
  })

  it('answers nobody with a statement that was sent before they asked', async () => {
    const first = reads.find('live-1')
    const second = reads.find('live-1')
    sent[0]?.answer()
    expect(await first).toBe(sessionOf('live-1'))
    await settle()

    expect(idsSent()).toEqual([['live-1'], ['live-1']])
    sent[1]?.answer()
    expect(await second).toBe(sessionOf('live-1'))
  })

  it('tells all of a statement that failed, and none of the next', async () => {
    const first = reads.find('live-1')
    const second = reads.find('live-2')
    sent[0]?.fail(new Error('away'))
    await expect(first).rejects.toThrow('away')
    sent[1]?.answer()

    expect(await second).toBe(sessionOf('live-2'))
  })

  it('goes past a statement that hangs', async () => {
    const hanging = reads.find('live-1')
    const others = ['live-2', 'live-3'].map((id) => reads.find(id))
    jest.advanceTimersByTime(20)

    expect(idsSent()).toEqual([['live-1'], ['live-2', 'live-3']])
    sent[1]?.answer()
    expect(await Promise.all(others)).toEqual([sessionOf('live-2'), sessionOf('live-3')])
    sent[0]?.fail(new Error('timeout'))
    await expect(hanging).rejects.toThrow('timeout')
  })

  it('reads 500 at most in one statement, and forgets none', async () => {
    const found = Array.from({ length: 1_201 }, (_, at) => reads.find(`live-${at}`))
    for (let at = 0; at < 4; at++) {
      sent[at]?.answer()
      await settle()
    }

    expect(await Promise.all(found)).toHaveLength(1_201)
    expect(sent.map(({ ids }) => ids.length)).toEqual([1, 500, 500, 200])
    expect(jest.getTimerCount()).toBe(0)
  })
})

function lives(id: string): boolean {
  return id.startsWith('live')
}

const sessions = new Map<string, Session>()

/** One object for each id: nothing here looks into it. */
function sessionOf(id: string): Session {
  const session = sessions.get(id) ?? ({ actor: { sessionId: id } } as Session)
  sessions.set(id, session)
  return session
}
