import { describe, expect, it } from '@jest/globals'

import { CommandWriter } from './command-writer.js'

describe('commands to Redis', () => {
  it('are arrays of strings with their lengths in bytes, one after the other', () => {
    const writer = new CommandWriter()
    writer.write(['PING'])
    writer.write(['AUTH', 'pässwort'])
    writer.write(['SPUBLISH', 'c', Buffer.from([0, 13, 10, 255])])
    expect(writer.bytes.toString('latin1')).toBe(
      Buffer.from(
        '*1\r\n$4\r\nPING\r\n*2\r\n$4\r\nAUTH\r\n$9\r\npässwort\r\n*3\r\n$8\r\nSPUBLISH\r\n$1\r\nc\r\n$4\r\n',
      ).toString('latin1') + '\0\r\n\xff\r\n',
    )
  })

  it('may be larger than the memory they usually take', () => {
    const writer = new CommandWriter()
    const body = Buffer.alloc(200_000, 7)
    for (let n = 0; n < 3; n++) writer.write(['SPUBLISH', 'c', body])
    expect(writer.length).toBe(
      3 * (200_000 + '*3\r\n$8\r\nSPUBLISH\r\n$1\r\nc\r\n$200000\r\n\r\n'.length),
    )
    expect(writer.bytes.subarray(-200_002, -2).equals(body)).toBe(true)
  })

  it('leave what was handed out alone while somebody reads it', () => {
    const writer = new CommandWriter()
    writer.write(['ONE'])
    const read = writer.bytes
    writer.clear(false)
    writer.write(['TWO'])
    expect(read.toString()).toBe('*1\r\n$3\r\nONE\r\n')
    expect(writer.bytes.toString()).toBe('*1\r\n$3\r\nTWO\r\n')
  })
})
