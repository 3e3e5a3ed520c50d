import { expect, it } from '@jest/globals'

import { RecentOutcomes } from './recent-outcomes.js'

it('an outcome is known for as long as anybody may ask for it, and forgotten after that', () => {
  const recent = new RecentOutcomes()
  recent.add(1, 'delivered', 10_000)
  recent.add(2, 'slow', 12_400)
  expect([recent.get(1), recent.get(2), recent.get(3)]).toEqual(['delivered', 'slow', null])

  recent.add(3, 'offline', 13_000)
  expect([recent.get(1), recent.get(2), recent.get(3)]).toEqual(['delivered', 'slow', 'offline'])
  recent.add(4, 'delivered', 16_000)

  expect([recent.get(1), recent.get(2), recent.get(3)]).toEqual([null, null, 'offline'])
})
