import { randomBytes } from 'node:crypto'

import { describe, expect, it } from '@jest/globals'

import { NotificationReader, notificationsOf } from './notifications.js'

describe('a message in notifications of Postgres', () => {
  it.each([0, 1, 5_939, 5_940, 5_941, 11_880, 11_881, 262_144])(
    'of %i bytes comes together again, in payloads that Postgres takes',
    (length) => {
      const bytes = randomBytes(length)
      const reader = new NotificationReader()
      const payloads = notificationsOf(2 ** 40, bytes)
      expect(payloads.every((payload) => Buffer.byteLength(payload) < 8_000)).toBe(true)
      const read = payloads.map((payload) => reader.read(1, payload))
      expect(read.slice(0, -1)).toEqual(read.slice(0, -1).map(() => null))
      expect(read.at(-1)?.equals(bytes)).toBe(true)
    },
  )

  it('never has a piece of another: one whose end was lost is dropped', () => {
    const [one, two] = [randomBytes(9_000), randomBytes(9_000)]
    const reader = new NotificationReader()
    const [begin = ''] = notificationsOf(1, one)
    expect(reader.read(7, begin)).toBeNull()
    const read = notificationsOf(1, two).map((payload) => reader.read(8, payload))
    expect(read.at(-1)?.equals(two)).toBe(true)
    expect(reader.read(7, begin)).toBeNull()
    expect(reader.read(7, notificationsOf(2, Buffer.from('short'))[0] ?? '')).toEqual(
      Buffer.from('short'),
    )
  })

  it('is nothing that Postgres would take for the same as another of the same bytes', () => {
    const bytes = randomBytes(9_000)
    expect(notificationsOf(1, bytes)).not.toEqual(notificationsOf(2, bytes))
  })
})
