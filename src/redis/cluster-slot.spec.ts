import { expect, it } from '@jest/globals'

import { slotOf } from './cluster-slot.js'

// The first from the specification of the cluster, the others as a real cluster answers CLUSTER KEYSLOT.
it.each([
  ['123456789', 12_739],
  ['hub:all', 12_289],
  ['hub:i:0011223344556677', 13_612],
  ['hub:p:AAAAAAAAAAAAAAAAAAAAAA', 12_686],
])('the slot of %s is %i', (channel, slot) => {
  expect(slotOf(channel)).toBe(slot)
})
