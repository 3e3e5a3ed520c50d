import { describe, expect, it } from '@jest/globals'

import { HubConfig } from '../config/hub-config.js'
import { foldSkill } from '../profiles/words.js'
import { Aliases } from './aliases.js'
import { skillAliases } from './skill-aliases.js'

function aliasesOf(SKILL_ALIASES?: string): Aliases {
  return new Aliases(HubConfig.fromEnv(SKILL_ALIASES === undefined ? {} : { SKILL_ALIASES }))
}

/** Other names, as folds. */
function foldsOf(aliases: Aliases, name: string): string[] {
  return aliases.of(foldSkill(name)).map(foldSkill)
}

describe('the other names of a skill', () => {
  it.each([
    ['js', 'JavaScript'],
    ['k8s', 'Kubernetes'],
    ['cpp', 'C++'],
    ['csharp', 'C#'],
    ['golang', 'Go'],
    ['postgres', 'PostgreSQL'],
    ['ML', 'machine learning'],
    ['машинное обучение', 'Machine-Learning'],
  ])('are known in both directions: %s and %s', (one, other) => {
    const aliases = aliasesOf()

    expect(foldsOf(aliases, one)).toContain(foldSkill(other))
    expect(foldsOf(aliases, other)).toContain(foldSkill(one))
  })

  it('are of either skill where a name has two', () => {
    const folds = foldsOf(aliasesOf(), 'tf')

    expect(folds).toEqual(expect.arrayContaining(['tensorflow', 'terraform']))
    expect(foldsOf(aliasesOf(), 'tensorflow')).not.toContain('terraform')
  })

  it('are none where nobody has said so, whatever every object has', () => {
    for (const name of ['cobol', 'constructor', '__proto__', '']) {
      expect(aliasesOf().of(foldSkill(name))).toEqual([])
    }
  })

  it('do not make one of skills that are not', () => {
    for (const [one, other] of [
      ['java', 'javascript'],
      ['c', 'c++'],
      ['c++', 'c#'],
      ['.net', 'net'],
    ] as const) {
      expect(foldsOf(aliasesOf(), one)).not.toContain(foldSkill(other))
    }
  })

  it('are those of the operator, too, beside the hub’s own', () => {
    const aliases = aliasesOf('d-pc = D-PC Messenger = dpc; js = Jolly Sailing')

    expect(foldsOf(aliases, 'DPC')).toContain('dpcmessenger')
    expect(foldsOf(aliases, 'js')).toEqual(expect.arrayContaining(['javascript', 'jollysailing']))
    expect(foldsOf(aliases, 'jolly-sailing')).toContain('js')
    expect(foldsOf(aliasesOf(), 'jolly sailing')).toEqual([])
  })

  it('are at least two in every line of the hub’s table', () => {
    const lines = skillAliases.trim().split('\n')

    expect(lines.length).toBeGreaterThan(50)
    for (const line of lines) {
      const names = line.split('=').map((name) => name.trim())
      expect([line, names.length >= 2, names.includes('')]).toEqual([line, true, false])
    }
  })
})
