import { describe, expect, it } from '@jest/globals'

import { judge, type Verdict } from './support/ledger-checker.js'
import type { Operation } from './support/ledger.js'

/** Nodes 1 (the sender) and 2 (the target), and their connections 10 and 20, open from the start. */
const [TARGET, SENDING, RECEIVING] = [2, 10, 20]

const opened = (connection: number, node: number, at = -10_000): Operation => ({
  type: 'info',
  what: 'opened',
  at,
  connection,
  node,
})
const BOTH_OPEN = [opened(SENDING, 1), opened(RECEIVING, TARGET)]

const ended = (connection: number, at: number, isDead = true, unnoticedMs = 0): Operation => ({
  type: 'info',
  what: 'ended',
  at,
  connection,
  isDead,
  unnoticedMs,
})
const resumed = (connection: number, former: number, at: number): Operation => ({
  type: 'info',
  what: 'resumed',
  at,
  connection,
  former,
})
const fault = (at: number, until: number): Operation => ({
  type: 'info',
  what: 'fault',
  at,
  until,
  name: 'Redis cut',
})
const sent = (n: number, at: number, hasRef = false): Operation => ({
  type: 'invoke',
  at,
  n,
  connection: SENDING,
  target: TARGET,
  hasRef,
})
const received = (
  n: number,
  at: number,
  { connection = RECEIVING, seq = null as number | null, isIntact = true } = {},
): Operation => ({ type: 'ok', what: 'receipt', at, n, connection, seq, isIntact })
const acked = (n: number, at: number, connection = SENDING): Operation => ({
  type: 'ok',
  what: 'ack',
  at,
  n,
  connection,
})
const failed = (
  n: number | null,
  at: number,
  code = 'target_slow',
  connection = SENDING,
): Operation => ({ type: 'fail', at, code, n, connection, target: TARGET })

function verdictOn(...operations: Operation[]): Verdict {
  return judge([...BOTH_OPEN, ...operations])
}

function breachesOf(...operations: Operation[]): string[] {
  return [...verdictOn(...operations).breaches.keys()]
}

describe('the ledger finds nothing wrong', () => {
  it('with signals that were received once, in their order', () => {
    const verdict = verdictOn(
      ...[sent(1, 0), sent(2, 1, true), sent(3, 2)],
      ...[received(1, 5, { seq: 1 }), received(2, 6, { seq: 2 }), acked(2, 7)],
      received(3, 8, { seq: 3 }),
    )

    expect(verdict).toMatchObject({ signals: 3, delivered: 3, acked: 1, longestAnswerMs: 6 })
    expect(verdict.breaches.size).toBe(0)
  })

  it('with a signal that was reported by one error, with its number or without', () => {
    const verdict = verdictOn(
      ...[sent(1, 0, true), failed(1, 1), sent(2, 10), failed(null, 11, 'relay_failed')],
    )

    expect(verdict.reported).toEqual({ target_slow: 1, relay_failed: 1 })
    expect(verdict.breaches.size).toBe(0)
  })

  it('with a signal that may have been handed to a connection which died', () => {
    const verdict = verdictOn(sent(1, 0), ended(RECEIVING, 20))

    expect(verdict.toTheDead).toBe(1)
    expect(verdict.breaches.size).toBe(0)
  })

  it('with one for a connection that had died while nobody could tell its instance so', () => {
    const cut = fault(-3_000, 4_000)
    const verdict = verdictOn(
      ...[cut, ended(RECEIVING, -2_500, true, 1_000), sent(1, 0, true), acked(1, 5)],
    )

    expect(verdict).toMatchObject({ toTheDead: 1, acked: 1 })
    expect(verdict.breaches.size).toBe(0)
    expect(
      breachesOf(ended(RECEIVING, -2_500, true, 1_000), sent(1, 0, true), acked(1, 5)),
    ).toEqual(['acknowledged and not received'])
  })

  it('with one for a connection that had died unnoticed, as long as that may take', () => {
    expect(breachesOf(ended(RECEIVING, 0, true, 30_000), sent(1, 29_000))).toEqual([])
    expect(breachesOf(ended(RECEIVING, 0, true, 30_000), sent(1, 31_000))).toEqual([
      'lost: neither received nor reported',
    ])
  })

  it('with one whose sender went before it could be told', () => {
    const verdict = verdictOn(sent(1, 0, true), ended(SENDING, 20))

    expect(verdict.senderGone).toBe(1)
    expect(verdict.breaches.size).toBe(0)
  })

  it('with one that was received and reported while something was broken; and counts it', () => {
    const verdict = verdictOn(
      ...[fault(0, 3_000), sent(1, 10, true), received(1, 20), failed(1, 2_020, 'relay_failed')],
      ...[sent(2, 30), received(2, 40), failed(null, 2_040, 'relay_failed')],
    )

    expect(verdict).toMatchObject({ delivered: 0, indeterminate: 2 })
    expect(verdict.breaches.size).toBe(0)
  })

  it('with one that vanished while something was broken; and counts it as silent', () => {
    const verdict = verdictOn(fault(0, 3_000), sent(1, 10))

    expect(verdict.silentInFaults).toBe(1)
    expect(verdict.breaches.size).toBe(0)
  })

  it('with answers that a client has again because it resumed', () => {
    const verdict = verdictOn(
      ...[sent(1, 0, true), received(1, 1), acked(1, 2), sent(2, 3, true), failed(2, 4)],
      ...[ended(SENDING, 10), opened(11, 1, 20), resumed(11, SENDING, 21)],
      ...[acked(1, 22, 11), failed(2, 23, 'target_slow', 11)],
    )

    expect(verdict.repeated).toBe(2)
    expect(verdict.breaches.size).toBe(0)
  })

  it('with frames that a target has after it resumed, numbered on', () => {
    const verdict = verdictOn(
      ...[sent(1, 0), received(1, 1, { seq: 1 }), sent(2, 2), ended(RECEIVING, 3)],
      ...[opened(21, TARGET, 10), resumed(21, RECEIVING, 11)],
      received(2, 12, { connection: 21, seq: 2 }),
    )

    expect(verdict).toMatchObject({ delivered: 2, toTheDead: 0 })
    expect(verdict.breaches.size).toBe(0)
  })
})

describe('the ledger finds', () => {
  it('a lost number', () => {
    expect(breachesOf(sent(1, 0), sent(2, 1), received(2, 2))).toEqual([
      'lost: neither received nor reported',
    ])
  })

  it('a number lost before a later one of the same sender came through, whoever died then', () => {
    expect(breachesOf(sent(1, 0), sent(2, 1), received(2, 2), ended(RECEIVING, 3))).toEqual([
      'lost: neither received nor reported',
    ])
  })

  it('a number lost to a connection that had said goodbye, or died at another time', () => {
    const lost = ['lost: neither received nor reported']
    expect(breachesOf(sent(1, 0), ended(RECEIVING, 20, false))).toEqual(lost)
    expect(breachesOf(sent(1, 0), ended(RECEIVING, 3_001))).toEqual(lost)
    expect(breachesOf(ended(RECEIVING, 0), sent(1, 1))).toEqual(lost)
  })

  it('a number that resuming did not bring back', () => {
    expect(
      breachesOf(
        ...[sent(1, 0), ended(RECEIVING, 3), opened(21, TARGET, 10), resumed(21, RECEIVING, 11)],
      ),
    ).toEqual(['lost: neither received nor reported'])
  })

  it('a number lost long before its sender went, or long after the fault', () => {
    const lost = ['lost: neither received nor reported']
    expect(breachesOf(sent(1, 0), ended(SENDING, 3_001))).toEqual(lost)
    expect(breachesOf(fault(0, 100), sent(1, 101))).toEqual(lost)
  })

  it('a duplicate, even in a fault', () => {
    const twice = [sent(1, 0), received(1, 1), received(1, 2)]
    expect(breachesOf(...twice)).toEqual(['received twice'])
    expect(breachesOf(fault(0, 100), ...twice)).toEqual(['received twice'])
  })

  it('a duplicate on two connections of the target', () => {
    expect(
      breachesOf(
        ...[opened(21, TARGET, 0), sent(1, 0), received(1, 1)],
        received(1, 2, { connection: 21 }),
      ),
    ).toEqual(['received twice'])
  })

  it('an inversion, even in a fault', () => {
    const inverted = [sent(1, 0), sent(2, 1), received(2, 2), received(1, 3)]
    expect(breachesOf(...inverted)).toEqual(['received out of order'])
    expect(breachesOf(fault(0, 100), ...inverted)).toEqual(['received out of order'])
  })

  it('two errors for one number', () => {
    expect(breachesOf(sent(1, 0, true), failed(1, 1), failed(1, 2))).toEqual(['reported twice'])
    expect(breachesOf(sent(1, 0), failed(null, 1), failed(null, 2))).toEqual([
      'reported without cause',
    ])
  })

  it('two errors for one number also in a fault', () => {
    expect(
      breachesOf(...[fault(0, 100), sent(1, 0, true), failed(1, 1)], failed(1, 2, 'relay_failed')),
    ).toEqual(['reported twice'])
  })

  it('an error for a number that was received, outside of a fault', () => {
    const both = ['received and reported']
    expect(breachesOf(sent(1, 0, true), received(1, 1), failed(1, 2, 'relay_failed'))).toEqual(both)
    expect(breachesOf(sent(1, 0), received(1, 1), failed(null, 2, 'relay_failed'))).toEqual([
      'reported without cause',
    ])
  })

  it('any other error for a number that was received, in a fault too', () => {
    expect(breachesOf(fault(0, 100), sent(1, 0, true), received(1, 1), failed(1, 2))).toEqual([
      'received and reported',
    ])
    expect(breachesOf(fault(0, 100), sent(1, 0), received(1, 1), failed(null, 2))).toEqual([
      'reported without cause',
    ])
  })

  it('an ack without delivery, even in a fault and with an error beside it', () => {
    const unreceived = ['acknowledged and not received']
    expect(breachesOf(sent(1, 0, true), acked(1, 1))).toEqual(unreceived)
    expect(breachesOf(fault(0, 100), sent(1, 0, true), acked(1, 1))).toEqual(unreceived)
    expect(breachesOf(sent(1, 0, true), acked(1, 1), failed(1, 2))).toEqual(unreceived)
  })

  it('a delivery whose sender waits for its ack in vain, or has it twice', () => {
    expect(breachesOf(sent(1, 0, true), received(1, 1))).toEqual(['received and not acknowledged'])
    expect(breachesOf(sent(1, 0, true), received(1, 1), acked(1, 2), acked(1, 3))).toEqual([
      'acknowledged twice',
    ])
  })

  it('an answer that comes when nobody waits any more', () => {
    expect(breachesOf(sent(1, 0, true), failed(1, 10_001, 'relay_failed'))).toEqual([
      'answered too late',
    ])
    expect(breachesOf(sent(1, 0), failed(null, 10_001, 'relay_failed'))).toContain(
      'lost: neither received nor reported',
    )
  })

  it('a target called offline that was there all the time', () => {
    expect(breachesOf(sent(1, 0, true), failed(1, 1, 'target_offline'))).toEqual([
      'called offline while connected',
    ])
    const late = [
      ended(RECEIVING, -100),
      opened(21, TARGET, -50),
      sent(1, 0, true),
      failed(1, 1, 'target_offline'),
    ]
    expect(breachesOf(...late)).toEqual([])
    expect(breachesOf(fault(-10, 10), sent(1, 0, true), failed(1, 1, 'target_offline'))).toEqual([])
  })

  it('a payload that is not what was sent, and a number that nobody sent', () => {
    expect(breachesOf(sent(1, 0), received(1, 1, { isIntact: false }))).toEqual([
      'received changed',
    ])
    expect(breachesOf(received(7, 1))).toEqual(['received and never sent'])
    expect(breachesOf(acked(7, 1))).toEqual(['received and never sent'])
  })

  it('a number of a connection that was left out or came again', () => {
    const skips = ['numbers of a connection skip or repeat']
    const two = [sent(1, 0), sent(2, 1)]
    expect(breachesOf(...two, received(1, 2, { seq: 1 }), received(2, 3, { seq: 3 }))).toEqual(
      skips,
    )
    expect(breachesOf(...two, received(1, 2, { seq: 1 }), received(2, 3, { seq: 1 }))).toEqual(
      skips,
    )
    expect(breachesOf(sent(1, 0), received(1, 1, { seq: 2 }))).toEqual(skips)
  })
})

describe('errors without a number', () => {
  it('go first to signals that nothing else explains', () => {
    // The first may have died with the connection; for the second there was none.
    const verdict = verdictOn(...[sent(1, 0), ended(RECEIVING, 10), sent(2, 20), failed(null, 21)])

    expect(verdict).toMatchObject({ toTheDead: 1, reported: { target_slow: 1 } })
    expect(verdict.breaches.size).toBe(0)
  })

  it('stand for what is missing before one that only a fault allows does', () => {
    const verdict = verdictOn(
      ...[fault(0, 3_000), sent(1, 10), received(1, 20), sent(2, 1_900)],
      ...[failed(null, 2_010, 'relay_failed'), failed(null, 2_020)],
    )

    expect(verdict).toMatchObject({ indeterminate: 1, reported: { target_slow: 1 } })
    expect(verdict.breaches.size).toBe(0)
  })

  it('are shared out so that as many as can be have a signal, whenever they came', () => {
    // The second error fits both signals, the first only one.
    const verdict = verdictOn(
      ...[sent(1, 0), failed(null, 900, 'relay_failed'), sent(2, 1_000), failed(null, 1_010)],
    )

    expect(verdict).toMatchObject({ reported: { relay_failed: 1, target_slow: 1 } })
    expect(verdict.breaches.size).toBe(0)
  })

  it('are taken from a signal that died for one that did not', () => {
    const verdict = verdictOn(
      ...[sent(1, 0), ended(RECEIVING, 10), sent(2, 20), failed(null, 30)],
      ...[opened(21, TARGET, 5_000), sent(3, 8_000), failed(null, 8_010)],
    )

    expect(verdict).toMatchObject({ toTheDead: 1, reported: { target_slow: 2 } })
    expect(verdict.breaches.size).toBe(0)
  })

  it('are for their own connection and target only', () => {
    const elsewhere = { ...failed(null, 1), target: 3 } as Operation
    expect(breachesOf(sent(1, 0), elsewhere)).toContain('lost: neither received nor reported')
    expect(breachesOf(opened(11, 1, 0), sent(1, 0), failed(null, 1, 'target_slow', 11))).toContain(
      'lost: neither received nor reported',
    )
  })

  it('never stand for a signal that was sent later, or with a ref', () => {
    expect(breachesOf(failed(null, 0), sent(1, 1))).toContain('lost: neither received nor reported')
    expect(breachesOf(sent(1, 0, true), failed(null, 1))).toContain(
      'lost: neither received nor reported',
    )
  })

  it('may leave out the target, as one that came before the frame was read', () => {
    const quota = { ...failed(null, 1, 'rate_limited'), target: null } as Operation
    expect(breachesOf(sent(1, 0), quota)).toEqual([])
  })
})
