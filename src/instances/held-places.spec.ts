import { expect, it } from '@jest/globals'

import { HeldPlaces } from './held-places.js'

it('a place is held until it is left as often as it was taken, and heard of a moment longer', () => {
  const places = new HeldPlaces()
  places.take('here')
  places.take('here')
  expect(places.leave('here')).toBe(false)
  expect(places.has('here')).toBe(true)
  expect(places.leave('here')).toBe(true)
  expect(places.leave('here')).toBe(false)
  places.tidy()
  expect([places.has('here'), places.hears('here')]).toEqual([false, true])
  expect(places.hears('elsewhere')).toBe(false)
  expect(places.all()).toEqual([])
})
