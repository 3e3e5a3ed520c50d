import { randomBytes } from 'node:crypto'

import { describe, expect, it, jest } from '@jest/globals'

import { DataKey } from '../database/data-key.js'
import { type Company, Correspondence } from './correspondence.js'
import { TO_ALL } from './envelope.js'
import type { Kind, Message } from './messages.js'

const KEY = new DataKey(randomBytes(32))
const [ONE, TWO, THREE] = ['11'.repeat(8), '22'.repeat(8), '33'.repeat(8)]
const KINDS = ['hello', 'ended', 'handled', 'visibility', 'call_closed'] as const
const PLACE = 'A'.repeat(22)
const ENDED: Message = { kind: 'ended', ended: [{ kind: 'account', accountId: 1 }] }
const HANDLED: Message = { kind: 'handled', done: [1], refused: [] }

/** One instance, with the members it knows and the places it has taken, and what it heard. */
function instance({ id = TWO, members = [ONE, TWO, THREE], places = [] as string[] } = {}): {
  receive: (bytes: Buffer) => void
  heard: Kind[]
  introduced: (() => void)[]
} {
  const heard: Kind[] = []
  const introduced: (() => void)[] = []
  const correspondence = new Correspondence(KEY, id, {
    isMember: (other) => members.includes(other),
    hears: (place) => places.includes(place),
    introduce: (_other, hear) => introduced.push(hear),
  })
  correspondence.on('hello', (_message, from) => correspondence.forget(from))
  for (const kind of KINDS) correspondence.on(kind, (message) => heard.push(message.kind))
  return { receive: (bytes) => correspondence.receive(bytes), heard, introduced }
}

function writer(): Correspondence {
  const everybody: Company = { isMember: () => true, hears: () => true, introduce: () => undefined }
  return new Correspondence(KEY, ONE, everybody)
}

function sealedByOne(message: Message, to: string): Buffer {
  return writer().seal(message, '', to)
}

describe('what comes over the carrier', () => {
  it('is heard once, however often and late somebody puts it there again', () => {
    const two = instance()
    const sealed = sealedByOne(ENDED, TO_ALL)
    for (let times = 0; times < 3; times++) two.receive(sealed)
    expect(two.heard).toEqual(['ended'])
  })

  it('is heard by the instance it was said to, and by no other to which it is turned', () => {
    const [two, three] = [instance(), instance({ id: THREE })]
    const sealed = sealedByOne(HANDLED, TWO)
    three.receive(sealed)
    two.receive(sealed)
    expect(three.heard).toEqual([])
    expect(two.heard).toEqual(['handled'])
  })

  it('to a place is heard by those who have taken that place', () => {
    const [at, elsewhere] = [instance({ places: [PLACE] }), instance({ places: ['B'.repeat(22)] })]
    const sealed = sealedByOne({ kind: 'call_closed', n: 1, call: 'c', until: 1 }, PLACE)
    at.receive(sealed)
    elsewhere.receive(sealed)
    expect(at.heard).toEqual(['call_closed'])
    expect(elsewhere.heard).toEqual([])
  })

  it('from one that is no member is not heard, unless it introduces itself and turns out to be one', () => {
    const two = instance({ members: [TWO] })
    two.receive(sealedByOne(ENDED, TO_ALL))
    expect(two.introduced).toHaveLength(0)
    const stranger = instance({ members: [TWO] })
    stranger.receive(sealedByOne({ kind: 'hello' }, TO_ALL))
    expect([...two.heard, ...stranger.heard]).toEqual([])
    for (const hear of stranger.introduced) hear()
    expect(stranger.heard).toEqual(['hello'])
  })

  it('is heard by one whose clock stood still as soon as it says hello, not before', () => {
    const clock = jest.spyOn(performance, 'now')
    const [one, two] = [writer(), instance()]
    const say = (message: Message, at: number): void => {
      clock.mockReturnValue(at)
      const sealed = one.seal(message, '', TO_ALL)
      clock.mockReturnValue(at === 1_000 ? at : at + 3_000)
      two.receive(sealed)
    }
    for (const at of [1_000, 2_000]) say(HANDLED, at)
    say({ kind: 'hello' }, 2_100)
    say(HANDLED, 2_200)
    clock.mockRestore()

    expect(two.heard).toEqual(['handled', 'hello', 'handled'])
  })

  it('that this instance has said to all it does not hear itself', () => {
    const one = instance({ id: ONE })
    one.receive(sealedByOne(ENDED, TO_ALL))
    expect(one.heard).toEqual([])
  })
})
