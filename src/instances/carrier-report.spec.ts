import { describe, expect, it } from '@jest/globals'

import { Logger } from '../common/logger.js'
import { CarrierReport } from './carrier-report.js'

function begin(): { report: CarrierReport; lines: string[] } {
  const lines: string[] = []
  const destination = { write: (line: string) => lines.push(line) }
  const logger = new Logger({ level: 'info', format: 'json', destination })
  return { report: new CarrierReport(logger), lines }
}

describe('what an operator is told of the carrier', () => {
  it('is that it is away, and that it is back: once each', () => {
    const { report, lines } = begin()
    for (const isUp of [true, false, false, true, true]) report.look(isUp, [])

    expect(lines).toHaveLength(2)
    expect(lines[0]).toContain('is away')
    expect(lines[1]).toContain('is back')
  })

  it('is that an instance is not heard: once, and again when it was heard in between', () => {
    const { report, lines } = begin()
    for (const unheard of [['a'], ['a'], ['a', 'b'], ['a', 'b'], ['b'], [], ['b']]) {
      report.look(true, unheard)
    }

    expect(lines).toHaveLength(3)
    for (const line of lines) expect(line).toContain('REDIS_URL')
  })

  it('is not whom it does not hear while the carrier is away', () => {
    const { report, lines } = begin()
    report.look(false, ['a'])

    expect(lines.filter((line) => line.includes('REDIS_URL'))).toEqual([])
  })
})
