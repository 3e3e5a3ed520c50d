import { describe, expect, it } from '@jest/globals'

import { type Decision, DeviceCodeStore } from '../../src/auth/oauth/device-code.store.js'
import { DataKey } from '../../src/database/data-key.js'
import { Database } from '../../src/database/database.js'
import { Housekeeping } from '../../src/database/housekeeping.js'
import { startHub, type TestHub } from '../support/hub.js'

const REQUEST = { dpopJkt: null, place: '203.0.113.0/24' }
const denied: Decision = { kind: 'denied' }

function storeOf(hub: TestHub): DeviceCodeStore {
  return new DeviceCodeStore(hub.app.get(Database), hub.app.get(DataKey), hub.clock)
}

describe('a device code', () => {
  it('cannot be read out of its row, nor can the user code or the place', async () => {
    await using hub = await startHub()
    const { deviceCode, userCode } = await storeOf(hub).add(REQUEST)

    const [row] = await hub.database.query<{ text: string }>(
      'SELECT to_jsonb(d)::text AS text FROM device_codes d',
    )
    const bytes = [deviceCode, userCode, '203.0.113'].flatMap((each) => [
      each,
      Buffer.from(each).toString('hex'),
      Buffer.from(each).toString('base64url'),
    ])
    for (const each of bytes) expect(row?.text).not.toContain(each)
  })

  it('gets another user code when somebody waits with this one', async () => {
    await using hub = await startHub()
    const store = storeOf(hub)
    const taken = await store.add(REQUEST, () => 'BCDFGHJK')
    const made = ['BCDFGHJK', 'BCDFGHJK', 'LMNPQRST']

    const second = await store.add(REQUEST, () => made.shift() ?? '')

    expect([taken.userCode, second.userCode]).toEqual(['BCDFGHJK', 'LMNPQRST'])
    expect(second.deviceCode).not.toBe(taken.deviceCode)
    expect((await store.findByUserCode('BCDFGHJK'))?.hash).toEqual(store.hashOf(taken.deviceCode))
    expect((await store.findByUserCode('LMNPQRST'))?.hash).toEqual(store.hashOf(second.deviceCode))
    await expect(store.add(REQUEST, () => 'BCDFGHJK')).rejects.toThrow('in a row were taken')
  })

  it('is found by either code, as it was asked for, until fifteen minutes are over', async () => {
    await using hub = await startHub()
    const store = storeOf(hub)
    const { deviceCode, userCode } = await store.add(REQUEST)
    const hash = store.hashOf(deviceCode) ?? Buffer.alloc(0)
    const expected = { client: 'desktop', userCode, place: '203.0.113.0/24', hash }

    hub.clock.advance({ minutes: 14, seconds: 55 })
    expect(await store.findByUserCode(userCode)).toMatchObject(expected)
    expect(await store.find(hash)).toMatchObject(expected)
    hub.clock.advance({ seconds: 5 })

    expect(await store.findByUserCode(userCode)).toBeNull()
    expect(await store.find(hash)).toBeNull()
    expect(await store.decide(hash, denied)).toBe(false)
  })

  it('is kept for a quarter of an hour after it has expired, so that its device hears of it', async () => {
    await using hub = await startHub()
    await storeOf(hub).add(REQUEST)
    const kept = async (): Promise<number> => {
      await hub.app.get(Housekeeping).sweep()
      return (await hub.database.query('SELECT 1 FROM device_codes')).length
    }

    hub.clock.advance({ minutes: 29 })
    expect(await kept()).toBe(1)
    hub.clock.advance({ minutes: 2 })
    expect(await kept()).toBe(0)
  })

  it('is decided once, however many decide at a time', async () => {
    await using hub = await startHub()
    const store = storeOf(hub)
    const { accountId } = await hub.signIn()
    const { deviceCode, userCode } = await store.add(REQUEST)
    const hash = store.hashOf(deviceCode) ?? Buffer.alloc(0)
    const approved: Decision = { kind: 'approved', accountId, provider: 'google' }

    const decided = await Promise.all(
      Array.from({ length: 32 }, (_, index) => store.decide(hash, index % 2 ? approved : denied)),
    )

    expect(decided.filter((isFirst) => isFirst)).toHaveLength(1)
    expect(await store.findByUserCode(userCode)).toBeNull()
  })

  it('still waits after an account that is gone approved it', async () => {
    await using hub = await startHub()
    const store = storeOf(hub)
    const { deviceCode, userCode } = await store.add(REQUEST)
    const hash = store.hashOf(deviceCode) ?? Buffer.alloc(0)

    expect(await store.decide(hash, { kind: 'approved', accountId: 404, provider: 'google' })).toBe(
      false,
    )
    expect(await store.findByUserCode(userCode)).not.toBeNull()
  })

  it('has one spelling', async () => {
    await using hub = await startHub()
    const store = storeOf(hub)
    const code = 'A'.repeat(43)
    expect(store.hashOf(code)).toHaveLength(32)
    for (const other of [
      '',
      'A'.repeat(42),
      `${code}A`,
      `${code}=`,
      ` ${code}`,
      `${code}\n`,
      '+'.repeat(43),
    ])
      expect(store.hashOf(other)).toBeNull()
  })
})
