import { Injectable } from '@nestjs/common'

import { Database } from '../database/database.js'
import { foldSkill } from '../profiles/words.js'
import { Aliases } from './aliases.js'
import { editDistance } from './edit-distance.js'

/** A skill that fewer people have is not told: it might name one of them. Also in skills_known_idx. */
const FLOOR = 5
/** From this many letters on, one may be wrong. */
const MIN_GUESSED = 3
const MAX_LETTERS = 50
/** Below so many suggestions, those are added that begin nearly like that. */
const FEW = 3

export interface Suggestion {
  /** As most people spell it. */
  readonly spelling: string
  /** At least so many have it. */
  readonly people: number
}

interface KnownRow {
  readonly fold: string
  readonly spelling: string
  readonly people: number
}

/** What somebody may be about to type. */
@Injectable()
export class SkillSuggestions {
  constructor(
    private readonly database: Database,
    private readonly aliases: Aliases,
  ) {}

  /** Skills that begin like this, or are also called so, the most common first. */
  async of(prefix: string, limit: number): Promise<Suggestion[]> {
    const fold = foldSkill(prefix)
    const begun = await this.begunWith(fold, limit)
    const isFew = begun.length < Math.min(FEW, limit)
    const near = isFew ? await this.nearly(fold) : []
    return merge([...begun, ...near]).slice(0, limit)
  }

  /** Index: skills_known_idx. */
  private begunWith(fold: string, limit: number): Promise<KnownRow[]> {
    const also = this.aliases.of(fold).map(foldSkill)
    return this.database.rows<KnownRow>(
      `SELECT fold, spelling, people FROM skills
        WHERE people >= ${FLOOR} AND (fold >= $1 AND fold < $2 OR fold = ANY ($3::text[]))
        ORDER BY people DESC, fold LIMIT $4`,
      [fold, `${fold}\u{10ffff}`, also, limit * 2],
    )
  }

  /** Those with the same first letter are looked through. Index: skills_known_idx. */
  private async nearly(fold: string): Promise<KnownRow[]> {
    const letters = Array.from(fold)
    if (letters.length < MIN_GUESSED || letters.length > MAX_LETTERS) return []
    const first = letters[0] ?? ''
    const rows = await this.database.rows<KnownRow>(
      `SELECT fold, spelling, people FROM skills
        WHERE people >= ${FLOOR} AND fold >= $1 AND fold < $2
        ORDER BY people DESC LIMIT 2000`,
      [first, `${first}\u{10ffff}`],
    )
    // A letter left out or put in: the beginning is longer or shorter by one.
    const lengths = [letters.length, letters.length + 1, letters.length - 1]
    return rows.filter((row) => {
      const known = Array.from(row.fold)
      return lengths.some((end) => editDistance(fold, known.slice(0, end).join(''), 1) <= 1)
    })
  }
}

/** Spellings that people take for one are one: `Node.js` and `NodeJS`. */
function merge(rows: readonly KnownRow[]): Suggestion[] {
  const byFold = new Map<string, KnownRow>()
  for (const row of rows) {
    const former = byFold.get(row.fold)
    if (!former) byFold.set(row.fold, row)
    else if (former !== row && former.spelling !== row.spelling) {
      byFold.set(row.fold, { ...former, people: former.people + row.people })
    }
  }
  return [...byFold.values()].map(({ spelling, people }) => ({ spelling, people: rounded(people) }))
}

/** Down to 5, 10, 20, 50, 100, 200 …: whether one person came or went is not to be seen. */
function rounded(people: number): number {
  const size = 10 ** Math.floor(Math.log10(people))
  const steps = [5, 2, 1].map((step) => step * size)
  return steps.find((step) => step <= people) ?? FLOOR
}
