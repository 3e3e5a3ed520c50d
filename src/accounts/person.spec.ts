import { describe, expect, it } from '@jest/globals'

import { canonicalEmail } from './person.js'

describe('an e-mail address', () => {
  it.each([
    ['alice@example.org', ' Alice@Example.ORG\n'],
    ['jos\u00e9@example.org', 'jose\u0301@example.org'],
    ['a.l.i.c.e+hub@gmail.com', 'A.l.i.c.e+hub@gmail.com'],
  ])('is %s however it is spelled', (canonical, spelled) => {
    expect(canonicalEmail(spelled)).toBe(canonical)
  })

  it('keeps dots and tags: only the provider knows what they mean', () => {
    expect(canonicalEmail('a.b@gmail.com')).not.toBe(canonicalEmail('ab@gmail.com'))
  })
})
