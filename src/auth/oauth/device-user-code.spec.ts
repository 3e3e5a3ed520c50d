import { describe, expect, it } from '@jest/globals'

import { makeUserCode, readUserCode, showUserCode } from './device-user-code.js'

describe('a user code', () => {
  it('has eight characters out of twenty, all of them used, none twice as often as another', () => {
    const counts = new Map<string, number>()
    for (let count = 0; count < 5_000; count++) {
      const code = makeUserCode()
      expect(code).toMatch(/^[BCDFGHJKLMNPQRSTVWXZ]{8}$/)
      for (const character of code) counts.set(character, (counts.get(character) ?? 0) + 1)
    }

    expect(counts.size).toBe(20)
    expect(Math.max(...counts.values())).toBeLessThan(2 * Math.min(...counts.values()))
  })

  it('is shown in two halves', () => {
    expect(showUserCode('WDJBMJHT')).toBe('WDJB-MJHT')
  })

  it.each([
    ['as it is shown', 'WDJB-MJHT'],
    ['without its dash', 'WDJBMJHT'],
    ['in lower case', 'wdjb-mjht'],
    ['in both', 'wDjB-mJhT'],
    ['with spaces around and in it', '  WDJB MJHT\n'],
    ['with a space in every gap', 'W D J B M J H T'],
    ['with another dash', 'WDJB—MJHT'],
    ['with dots', 'WDJB.MJHT.'],
    ['with a vowel and a digit typed by mistake', 'WDJB-MJ0AHT'],
    ['with characters of no script of ours', 'WDJB-MJHTж\u200b'],
  ])('is read when it is typed %s', (_how, typed) => {
    expect(readUserCode(typed)).toBe('WDJBMJHT')
  })

  it.each([
    ['nothing', ''],
    ['one character short', 'WDJB-MJH'],
    ['one character long', 'WDJB-MJHTT'],
    ['only vowels and digits', 'AEIO-U012'],
    ['the characters of another script', 'ЖЖЖЖ-ЖЖЖЖ'],
    ['an attack', '"><script>alert(1)</script>'],
  ])('is not read out of %s', (_what, typed) => {
    expect(readUserCode(typed)).toBeNull()
  })
})
