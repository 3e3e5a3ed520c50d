import { randomBytes, randomUUID } from 'node:crypto'

import { describe, expect, it } from '@jest/globals'

import { DataKey } from '../database/data-key.js'
import { readRefreshToken, writeRefreshToken } from './refresh-token.js'

const key = new DataKey(randomBytes(32))
const sessionId = randomUUID()

describe('a refresh token', () => {
  it.each([0, 1, 2_147_483_647])('of generation %i is read back', (generation) => {
    const token = writeRefreshToken(key, { sessionId, generation })

    expect(readRefreshToken(key, token)).toEqual({ sessionId, generation })
  })

  it('is the same each time, so that a successor need not be stored', () => {
    const token = { sessionId, generation: 3 }

    expect(writeRefreshToken(key, token)).toBe(writeRefreshToken(key, token))
  })

  it('of another key is nothing', () => {
    const token = writeRefreshToken(new DataKey(randomBytes(32)), { sessionId, generation: 0 })

    expect(readRefreshToken(key, token)).toBeNull()
  })

  it('with any one bit turned is nothing', () => {
    const bytes = Buffer.from(writeRefreshToken(key, { sessionId, generation: 5 }), 'base64url')
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const turned = Buffer.from(bytes)
      turned[bit >> 3] = (turned[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(readRefreshToken(key, turned.toString('base64url'))).toBeNull()
    }
  })

  it('spelled in any other way is nothing', () => {
    const token = writeRefreshToken(key, { sessionId, generation: 0 })
    const others = [
      '',
      `${token}=`,
      ` ${token}`,
      `${token}\n`,
      `${token.slice(0, -1)}*`,
      token.slice(1),
      `${token}A`,
    ]

    expect(others.map((other) => readRefreshToken(key, other))).toEqual(others.map(() => null))
  })
})
