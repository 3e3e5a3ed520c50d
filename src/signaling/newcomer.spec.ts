import { describe, expect, it } from '@jest/globals'

import type { NodeActor } from '../routing/connection.js'
import { InvalidTokenError } from '../tokens/tokens.errors.js'
import { Newcomer } from './newcomer.js'

/** A socket that notes how it was closed. */
class FakeSocket {
  closedWith: number | null = null
  readonly sent: string[] = []

  send(text: string): void {
    this.sent.push(text)
  }

  close(code: number): void {
    this.closedWith = code
  }

  pause(): void {}
  resume(): void {}
}

class FakeAdmissions {
  released = 0

  identify(): Promise<NodeActor> {
    return Promise.reject(new InvalidTokenError())
  }

  release(): void {
    this.released++
  }
}

const AUTH = '{"type":"auth","token":"bad"}'

describe('a socket that was turned away', () => {
  it('keeps nothing of what it goes on sending, and holds its place until it is gone', async () => {
    const [socket, admissions] = [new FakeSocket(), new FakeAdmissions()]
    const newcomer = new Newcomer(socket, '192.0.2.1', admissions, () => null)
    newcomer.receive(AUTH)
    newcomer.receive('in the same read')
    expect(newcomer.earlyFrames).toBe(1)
    await new Promise(setImmediate)

    expect(socket.closedWith).toBe(1008)
    for (let n = 0; n < 1_000; n++) newcomer.receive('x'.repeat(1_000))
    expect(newcomer.earlyFrames).toBe(0)
    expect(admissions.released).toBe(0)
    newcomer.leave()
    expect(admissions.released).toBe(1)
  })

  it('is asked about once, however often it tries', async () => {
    let asked = 0
    const admissions = new FakeAdmissions()
    admissions.identify = () => {
      asked++
      return Promise.reject(new InvalidTokenError())
    }
    const newcomer = new Newcomer(new FakeSocket(), '192.0.2.1', admissions, () => null)
    for (let n = 0; n < 10; n++) {
      newcomer.receive(AUTH)
      await new Promise(setImmediate)
    }

    expect(asked).toBe(1)
    newcomer.leave()
  })
})
