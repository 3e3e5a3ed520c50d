/** What a person has typed into a search, taken apart. */
export interface ParsedQuery {
  /** Words between which nothing stood but blanks, in their order. */
  readonly runs: readonly (readonly string[])[]
  /** What stood in quotes. */
  readonly phrases: readonly string[]
  /** What began with a minus sign: words, or what stood in quotes. */
  readonly excluded: readonly string[]
}

/** `-"a phrase"`, `"a phrase"`, `-word` or `word`; quotes of any language, closed or not. */
const PART = /(?<minus>-?)["“”„«»](?<phrase>[^"“”„«»]*)["“”„«»]?|(?<word>\S+)/gu

/** A minus sign excludes where a word follows it: not in `-`, `--` and `->`. */
const EXCLUDED = /^-(?=[\p{L}\p{N}.])/u

/** What ends a thought: words behind it make no skill with those before. */
const ENDS = /[,;!?]+$/u

/** Takes a query apart; whatever it is, nothing is refused here. */
export function parseQuery(text: string): ParsedQuery {
  const phrases: string[] = []
  const excluded: string[] = []
  const runs: string[][] = []
  let run: string[] = []
  const endRun = (): void => {
    if (run.length > 0) runs.push(run)
    run = []
  }
  for (const { groups } of text.matchAll(PART)) {
    const { minus, phrase, word = '' } = groups ?? {}
    if (phrase !== undefined) {
      endRun()
      if (phrase.trim() !== '') (minus ? excluded : phrases).push(phrase.trim())
    } else if (EXCLUDED.test(word)) {
      endRun()
      excluded.push(word.slice(1).replace(ENDS, ''))
    } else {
      const bare = word.replace(ENDS, '')
      if (bare !== '') run.push(bare)
      if (bare !== word) endRun()
    }
  }
  endRun()
  return { runs, phrases, excluded }
}
