import { Injectable } from '@nestjs/common'

import { HubConfig } from '../config/hub-config.js'
import { foldSkill } from '../profiles/words.js'
import { skillAliases } from './skill-aliases.js'

/** Which names mean the same skill: the hub's own table and the operator's. */
@Injectable()
export class Aliases {
  /** By fold, all names of its skills as they are spelled, its own included. */
  private readonly byFold = new Map<string, Set<string>>()

  constructor(config: HubConfig) {
    const lines = skillAliases.split('\n').map((line) => line.split('='))
    for (const names of [...lines, ...config.skillAliases]) this.add(names)
  }

  /** Names that mean the same as what folds to this, as they are spelled; none: it has no other. */
  of(fold: string): readonly string[] {
    return [...(this.byFold.get(fold) ?? [])]
  }

  private add(names: readonly string[]): void {
    const spelled = names.map((name) => name.trim()).filter((name) => name !== '')
    for (const fold of new Set(spelled.map(foldSkill))) {
      const known = this.byFold.get(fold) ?? new Set()
      for (const name of spelled) known.add(name)
      this.byFold.set(fold, known)
    }
  }
}
