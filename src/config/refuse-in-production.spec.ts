import { describe, expect, it } from '@jest/globals'

import { refuseInProduction } from './refuse-in-production.js'

describe('a command for development hubs only', () => {
  it.each(['production', 'Production', ' PRODUCTION '])('is refused with NODE_ENV=%s', (name) => {
    expect(() => refuseInProduction('seed', { NODE_ENV: name })).toThrow(/NODE_ENV: is production/)
  })

  it.each(['development', 'test', undefined])('runs with NODE_ENV=%s', (name) => {
    expect(() => refuseInProduction('seed', { NODE_ENV: name })).not.toThrow()
  })
})
