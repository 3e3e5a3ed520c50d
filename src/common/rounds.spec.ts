import { describe, expect, it } from '@jest/globals'

import { Rounds } from './rounds.js'

/** Rounds whose answers the test gives. */
function begin() {
  const asked: {
    readonly questions: readonly string[]
    readonly answer: (answers: readonly string[]) => void
    readonly fail: (error: Error) => void
  }[] = []
  const rounds = new Rounds<string, string>(
    (questions) => new Promise((answer, fail) => asked.push({ questions, answer, fail })),
  )
  return { rounds, asked }
}

describe('rounds of questions', () => {
  it('ask one alone at once, and those that come meanwhile together', async () => {
    const { rounds, asked } = begin()
    const first = rounds.ask('a')
    const others = [rounds.ask('b'), rounds.ask('c')]
    expect(asked.map(({ questions }) => questions)).toEqual([['a']])

    asked[0]?.answer(['A'])
    expect(await first).toBe('A')
    expect(asked.map(({ questions }) => questions)).toEqual([['a'], ['b', 'c']])
    asked[1]?.answer(['B', 'C'])

    expect(await Promise.all(others)).toEqual(['B', 'C'])
  })

  it('go on after one that fails, of which all who asked in it are told', async () => {
    const { rounds, asked } = begin()
    const first = rounds.ask('a')
    const second = rounds.ask('b')
    asked[0]?.fail(new Error('away'))
    await expect(first).rejects.toThrow('away')

    asked[1]?.answer(['B'])
    expect(await second).toBe('B')
  })

  it('leave nobody waiting whose question was not answered', async () => {
    const { rounds, asked } = begin()
    const lost = rounds.ask('a')
    asked[0]?.answer([])

    await expect(lost).rejects.toThrow(RangeError)
  })
})
