import { Injectable } from '@nestjs/common'

import type { Queries } from '../database/database.js'
import { lexemeOf, quoteLexeme } from '../profiles/search-document.js'
import { foldSkill, formsOf, plain, wordsOf } from '../profiles/words.js'
import { Aliases } from './aliases.js'
import { editDistance } from './edit-distance.js'
import type { ParsedQuery } from './query-parser.js'
import { isStopWord } from './stop-words.js'

/** Words of a skill that are looked for together. */
const MAX_TOGETHER = 4
/** A skill that so many list is spelled right: nothing is guessed in its place. */
const ESTABLISHED = 5
/** Shorter words are not guessed at, too many others are near; nor longer ones, nobody types them. */
const MIN_GUESSED = 4
const MAX_LETTERS = 50
/** From this length on two letters may be wrong. */
const LONG = 8
/** Combinations of words that are guessed at in one search, and skills taken for one of them. */
const MAX_GUESSED = 12
const MAX_GUESSES = 3
/** Skills that one term may stand for. */
const MAX_VARIANTS = 12
/** So many people of a name keep it from being taken for a typo. */
const NAMESAKES = 3
/** What a guess counts, of a whole match. */
const GUESS_WEIGHT = 0.8

/** A skill of the dictionary that a term stands for. */
export interface Variant {
  /** Normalised, as profiles have it. */
  readonly skill: string
  /** 1, or less for a guess. */
  readonly weight: number
}

/** One thing that is looked for. */
export interface Term {
  /** As it was typed. */
  readonly text: string
  readonly variants: readonly Variant[]
  /** How many people list one of them, about: those who list two count twice. */
  readonly people: number
  /** Any of these, each as words in a row, in a name, a description or the words of a skill. */
  readonly texts: readonly (readonly string[])[]
  /** Was in quotes: words in a row, and no other names. */
  readonly isLiteral: boolean
}

interface DictionaryRow {
  readonly skill: string
  readonly fold: string
  readonly people: number
}

interface Guess extends DictionaryRow {
  readonly distance: number
}

/**
 * Finds what typed words stand for: skills that people list, under any of their names, mistyped or not; else
 * plain words. Words in a row that make a skill together are one term.
 */
@Injectable()
export class TermResolver {
  constructor(private readonly aliases: Aliases) {}

  /** One or two queries, whatever the number of words. Indexes: skills_fold_idx, skills_forms_idx, skills_fold_trgm_idx. */
  async resolve(
    queries: Queries,
    query: ParsedQuery,
    skills: readonly string[],
  ): Promise<{ terms: Term[]; phrases: Term[]; excluded: Term[]; skills: Term[] }> {
    const wholes = [...skills, ...query.phrases, ...query.excluded]
    const spans = query.runs.flatMap(spansOf)
    const known = await this.lookUp(queries, [...wholes, ...spans])
    const sure = new Lookup(this.aliases, known, new Map())
    const unknown = query.runs.flatMap((run) => unknownIn(segment(run, sure), sure))
    const guessed = await this.guess(queries, known, [...skills, ...unknown])
    const all = new Lookup(this.aliases, known, guessed)
    const terms = query.runs.flatMap((run) => segment(run, all))
    return {
      terms: withoutStopWords(terms).map((text) => all.term(text)),
      phrases: query.phrases.map((text) => all.literal(text)),
      excluded: query.excluded.map((text) => all.sure(text)),
      skills: skills.map((text) => ({ ...all.term(text), texts: [] })),
    }
  }

  private async lookUp(queries: Queries, texts: readonly string[]): Promise<DictionaryRow[]> {
    const folds = texts.map(foldSkill).flatMap((fold) => [fold, ...this.aliasFolds(fold)])
    return queries.rows<DictionaryRow>(
      'SELECT skill, fold, people FROM skills WHERE fold = ANY ($1::text[])',
      [[...new Set(folds)]],
    )
  }

  /** For what nobody lists, or hardly anybody: skills that differ in a letter, of long ones two. */
  private async guess(
    queries: Queries,
    known: readonly DictionaryRow[],
    texts: readonly string[],
  ): Promise<Map<string, Guess[]>> {
    const people = new Map<string, number>()
    for (const row of known) people.set(row.fold, (people.get(row.fold) ?? 0) + row.people)
    const isSure = (fold: string): boolean =>
      Array.from(fold).length < MIN_GUESSED ||
      Array.from(fold).length > MAX_LETTERS ||
      this.aliases.of(fold).length > 0 ||
      (people.get(fold) ?? 0) >= ESTABLISHED
    const unsure = [...new Set(texts.map(foldSkill))].filter((fold) => !isSure(fold))
    const folds = unsure.slice(0, MAX_GUESSED)
    const found = new Map<string, Guess[]>()
    if (folds.length === 0) return found
    const rows = await queries.rows<DictionaryRow>(
      `SELECT skill, fold, people
         FROM unnest($1::text[]) AS typed (form)
        CROSS JOIN LATERAL (SELECT * FROM skills s WHERE s.forms @> ARRAY[typed.form]) near
        UNION
       SELECT near.skill, near.fold, near.people
         FROM unnest($2::text[]) AS typed (fold)
        CROSS JOIN LATERAL (SELECT skill, s.fold, people FROM skills s
                             WHERE s.fold % typed.fold
                             ORDER BY similarity(s.fold, typed.fold) DESC, people DESC
                             LIMIT 10) near`,
      [folds.flatMap(formsOf), folds.filter((fold) => Array.from(fold).length >= LONG)],
    )
    for (const fold of folds) {
      const most = Array.from(fold).length >= LONG ? 2 : 1
      const near = rows
        .map((row) => ({ ...row, distance: editDistance(fold, row.fold, most) }))
        .filter((row) => row.distance > 0 && row.distance <= most)
        .filter((row) => row.people >= (people.get(fold) ?? 0))
        .sort((one, other) => one.distance - other.distance || other.people - one.people)
      if (near.length > 0) found.set(fold, near.slice(0, MAX_GUESSES))
    }
    for (const name of await this.namesAmong(queries, [...found.keys()])) found.delete(name)
    return found
  }

  /** Those that several people are called: `francois` is no typo of `français`. Index: profiles_search_idx. */
  private async namesAmong(queries: Queries, words: readonly string[]): Promise<string[]> {
    if (words.length === 0) return []
    const lexemes = words.map((word) => quoteLexeme(lexemeOf.name(word)))
    const rows = await queries.rows<{ readonly word: string }>(
      `SELECT word FROM unnest($1::text[], $2::text[]) AS typed (word, lexeme)
        WHERE (SELECT count(*)
                 FROM (SELECT FROM profiles p
                        WHERE p.is_listed AND p.search @@ lexeme::tsquery
                        LIMIT ${NAMESAKES}) called) = ${NAMESAKES}`,
      [words, lexemes],
    )
    return rows.map(({ word }) => word)
  }

  private aliasFolds(fold: string): string[] {
    return this.aliases.of(fold).map(foldSkill)
  }
}

/** What the dictionary has said of the words of one search. */
class Lookup {
  private readonly byFold = new Map<string, DictionaryRow[]>()

  constructor(
    private readonly aliases: Aliases,
    known: readonly DictionaryRow[],
    private readonly guessed: ReadonlyMap<string, readonly Guess[]>,
  ) {
    for (const row of known) this.byFold.set(row.fold, [...(this.byFold.get(row.fold) ?? []), row])
  }

  /** Somebody lists it, or it has another name. */
  isSkill(text: string): boolean {
    const fold = foldSkill(text)
    return this.rowsOf(fold).length > 0 || this.aliases.of(fold).length > 0
  }

  isNearSkill(text: string): boolean {
    return this.guessed.has(foldSkill(text))
  }

  term(text: string): Term {
    const sure = this.sure(text)
    const guesses = this.guessed.get(foldSkill(text)) ?? []
    const variants = guesses.map(({ skill }) => ({ skill, weight: GUESS_WEIGHT }))
    return {
      ...sure,
      variants: [...sure.variants, ...variants].slice(0, MAX_VARIANTS),
      people: guesses.reduce((sum, { people }) => sum + people, sure.people),
      texts: distinct([...sure.texts, ...guesses.map(({ skill }) => textOf(skill))]),
    }
  }

  /** Neither guesses nor other names: what stands in quotes is meant as it stands. */
  literal(text: string): Term {
    const rows = this.byFold.get(foldSkill(text)) ?? []
    return { ...termOf(text, rows, [text]), isLiteral: true }
  }

  /** Without guesses: nobody is left out for a skill that is merely near. */
  sure(text: string): Term {
    const fold = foldSkill(text)
    return termOf(text, this.rowsOf(fold), [text, ...this.aliases.of(fold)])
  }

  private rowsOf(fold: string): DictionaryRow[] {
    const folds = new Set([fold, ...this.aliases.of(fold).map(foldSkill)])
    const rows = [...folds].flatMap((each) => this.byFold.get(each) ?? [])
    return rows.sort((one, other) => other.people - one.people)
  }
}

function termOf(text: string, rows: readonly DictionaryRow[], names: readonly string[]): Term {
  const variants = rows.map(({ skill }) => ({ skill, weight: 1 }))
  return {
    text,
    variants: variants.slice(0, MAX_VARIANTS),
    people: rows.reduce((sum, { people }) => sum + people, 0),
    texts: distinct(names.map(textOf)),
    isLiteral: false,
  }
}

/** All sequences of up to four words, the longest first. */
function spansOf(run: readonly string[]): string[] {
  const spans: string[] = []
  for (let length = Math.min(MAX_TOGETHER, run.length); length > 0; length--) {
    for (let at = 0; at + length <= run.length; at++) {
      spans.push(run.slice(at, at + length).join(' '))
    }
  }
  return spans
}

/** Terms that are no skill as they stand, and each with its neighbours: `machne learning`, `react natve`. */
function unknownIn(terms: readonly string[], sure: Lookup): string[] {
  const isStop = (term: string) => plain(term).split(/\s+/).some(isStopWord)
  const isUnknown = (term: string) => !sure.isSkill(term) && !isStop(term)
  const pairs = terms.slice(1).flatMap((term, index) => {
    const pair = [terms[index] ?? '', term]
    return pair.some(isUnknown) && !pair.some(isStop) ? [pair.join(' ')] : []
  })
  return [...terms.filter((term) => !isStop(term)), ...pairs]
}

/** Cuts a run of words into terms: at each place the longest that is a skill, else near one, else the word. */
function segment(run: readonly string[], all: Lookup): string[] {
  const terms: string[] = []
  for (let at = 0; at < run.length;) {
    const spans = spansFrom(run, at)
    const found =
      spans.find((span) => all.isSkill(span.join(' '))) ??
      spans.find((span) => span.length > 1 && all.isNearSkill(span.join(' ')))
    const taken = found ?? run.slice(at, at + 1)
    terms.push(taken.join(' '))
    at += taken.length
  }
  return terms
}

function spansFrom(run: readonly string[], at: number): string[][] {
  const spans: string[][] = []
  for (let length = Math.min(MAX_TOGETHER, run.length - at); length > 0; length--) {
    spans.push(run.slice(at, at + length))
  }
  return spans
}

function withoutStopWords(terms: readonly string[]): readonly string[] {
  const telling = terms.filter((term) => !isAllStops(term))
  return telling.length > 0 ? telling : terms
}

function isAllStops(term: string): boolean {
  return plain(term).split(/\s+/).every(isStopWord)
}

/** One letter, `c`, `r`, is looked for among skills and not in sentences. */
function textOf(text: string): string[] {
  const words = wordsOf(text)
  return words.join('').length === 1 && /^[a-z0-9]$/.test(words.join('')) ? [] : words
}

function distinct(texts: readonly (readonly string[])[]): (readonly string[])[] {
  const byText = new Map(texts.map((words) => [words.join(' '), words]))
  return [...byText.values()].filter((words) => words.length > 0)
}
