import { describe, expect, it } from '@jest/globals'

import { Gathering } from './gathering.js'

/** Whether it is done by now. */
async function isDone({ done }: Gathering): Promise<boolean> {
  const notYet = new Promise<boolean>((resolve) => setImmediate(() => resolve(false)))
  return Promise.race([done.then(() => true), notYet])
}

describe('gathering who is in a call', () => {
  it('is done when every holder that anybody names has answered', async () => {
    const gathering = new Gathering('here')
    gathering.hear('a', ['a', 'b', 'here'])
    expect(await isDone(gathering)).toBe(false)
    gathering.hear('b', ['b', 'c'])
    expect(await isDone(gathering)).toBe(false)

    gathering.hear('c', ['a', 'b', 'c'])

    await gathering.done
  })

  it('is not done by the answer of one that has no members itself and knows of nobody', async () => {
    const gathering = new Gathering('here')
    gathering.hear('a', [])
    expect(await isDone(gathering)).toBe(false)

    gathering.hear('a', ['a'])

    await gathering.done
  })

  it('is done after a second, whoever has answered', async () => {
    const began = performance.now()
    const gathering = new Gathering('here')
    gathering.hear('a', ['a', 'dead'])

    await gathering.done

    expect(performance.now() - began).toBeLessThan(5_000)
  })
})
