import { describe, expect, it } from '@jest/globals'
import { z } from 'zod'

import { putProfileBody } from './profiles.schema.js'

const valid = { name: 'Ada' }

/** Each fault as `path: message`; empty when the body is accepted. */
function faultsOf(body: unknown): string[] {
  const { error } = putProfileBody.safeParse(body)
  return (error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`)
}

function manySkills(count: number): Record<string, number> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`skill ${index}`, 1]))
}

describe('the body of PUT /profile', () => {
  it('needs a name only', () => {
    expect(putProfileBody.parse(valid)).toEqual({
      name: 'Ada',
      description: null,
      skills: [],
      compute: {},
      p2pUriHint: null,
      visibility: null,
      presence: null,
    })
  })

  it('keeps what was typed and ignores what it does not know', () => {
    const body = {
      name: ' Ada ',
      description: '',
      expertise: { 'C++': 5, 'машинное обучение': 1 },
      compute: { gpus: [{ vram_gb: 24 }], models: ['llama'] },
      p2p_uri_hint: 'dpc://10.0.0.1:8888',
      avatar: 'x',
      __proto__x: 1,
    }
    expect(putProfileBody.parse(body)).toEqual({
      name: ' Ada ',
      description: '',
      skills: [
        { skill: 'c++', spelling: 'C++', level: 5 },
        { skill: 'машинное_обучение', spelling: 'машинное обучение', level: 1 },
      ],
      compute: { gpus: [{ vram_gb: 24 }], models: ['llama'] },
      p2pUriHint: 'dpc://10.0.0.1:8888',
      visibility: null,
      presence: null,
    })
  })

  it('knows skills that are names of properties every object has', () => {
    const body: unknown = JSON.parse(
      '{"name":"Ada","expertise":{"__proto__":5,"constructor":4,"toString":3},"__proto__":{"name":1}}',
    )
    expect(putProfileBody.parse(body).skills).toEqual([
      { skill: '__proto__', spelling: '__proto__', level: 5 },
      { skill: 'constructor', spelling: 'constructor', level: 4 },
      { skill: 'tostring', spelling: 'toString', level: 3 },
    ])
  })

  it('keeps a key __proto__ of compute', () => {
    const body: unknown = JSON.parse('{"name":"Ada","compute":{"__proto__":{"a":1}}}')
    expect(JSON.stringify(putProfileBody.parse(body).compute)).toBe('{"__proto__":{"a":1}}')
  })

  it.each([
    ['a name of 1', { name: 'a' }],
    ['a name of 100', { name: 'a'.repeat(100) }],
    ['a name of 100 emoji, 200 UTF-16 units', { name: '😀'.repeat(100) }],
    ['a description of 500 emoji', { ...valid, description: '😀'.repeat(500) }],
    ['a description of null', { ...valid, description: null }],
    ['a skill of 1', { ...valid, expertise: { C: 1 } }],
    ['a skill of 50 emoji', { ...valid, expertise: { ['😀'.repeat(50)]: 5 } }],
    ['200 skills', { ...valid, expertise: manySkills(200) }],
    ['a level written 3.0', { ...valid, expertise: { C: 3.0 } }],
    ['a hint of 255', { ...valid, p2p_uri_hint: `dpc://${'h'.repeat(249)}` }],
    ['a hint of null', { ...valid, p2p_uri_hint: null }],
    ['an empty hint', { ...valid, p2p_uri_hint: '' }],
  ])('accepts %s', (_what, body) => {
    expect(faultsOf(body)).toEqual([])
  })

  it.each([
    ['nothing', undefined, ': expected a JSON object'],
    ['null', null, ': expected a JSON object'],
    ['an array', [], ': expected a JSON object'],
    ['a string', 'Ada', ': expected a JSON object'],
    ['no name', {}, 'name: expected a string'],
    ['a name of null', { name: null }, 'name: expected a string'],
    ['a name that is a number', { name: 1 }, 'name: expected a string'],
    ['an empty name', { name: '' }, 'name: expected a name, this one is blank'],
    ['a blank name', { name: ' \u3000' }, 'name: expected a name, this one is blank'],
    ['a name of 101', { name: 'a'.repeat(101) }, 'name: expected at most 100 characters'],
    ['a name of 101 emoji', { name: '😀'.repeat(101) }, 'name: expected at most 100 characters'],
    [
      'a description of 501',
      { ...valid, description: 'd'.repeat(501) },
      'description: expected at most 500 characters',
    ],
    [
      'a description of 501 emoji',
      { ...valid, description: '😀'.repeat(501) },
      'description: expected at most 500 characters',
    ],
    [
      'a description that is a list',
      { ...valid, description: [] },
      'description: expected a string',
    ],
    [
      'expertise of null',
      { ...valid, expertise: null },
      'expertise: expected an object of skills and levels',
    ],
    [
      'expertise that is a list',
      { ...valid, expertise: ['Python'] },
      'expertise: expected an object of skills and levels',
    ],
    [
      '201 skills',
      { ...valid, expertise: manySkills(201) },
      'expertise: expected at most 200 skills',
    ],
    ...[0, 6, -1, 2.5, '3', null, true, [3], {}].map(
      (level) =>
        [
          `a level of ${JSON.stringify(level)}`,
          { ...valid, expertise: { Rust: 3, Python: level } },
          'expertise.Python: expected an integer from 1 to 5',
        ] as const,
    ),
    [
      'a level of 1e400',
      { ...valid, expertise: { Python: Infinity } },
      'expertise.Python: expected an integer from 1 to 5',
    ],
    [
      'an empty skill',
      { ...valid, expertise: { '': 3 } },
      'expertise.: expected a name, this one is blank',
    ],
    [
      'a blank skill',
      { ...valid, expertise: { ' ': 3 } },
      'expertise. : expected a name, this one is blank',
    ],
    [
      'a skill of 51',
      { ...valid, expertise: { ['s'.repeat(51)]: 3 } },
      `expertise.${'s'.repeat(51)}: expected a name of at most 50 characters`,
    ],
    [
      'one skill in two spellings',
      { ...valid, expertise: { Python: 5, PYTHON: 3 } },
      'expertise.PYTHON: is the same skill as Python: keep one of them',
    ],
    ['compute of null', { ...valid, compute: null }, 'compute: expected an object'],
    ['compute that is a list', { ...valid, compute: [] }, 'compute: expected an object'],
    ['compute that is a string', { ...valid, compute: 'gpu' }, 'compute: expected an object'],
    [
      'a hint of 256',
      { ...valid, p2p_uri_hint: `dpc://${'h'.repeat(250)}` },
      'p2p_uri_hint: expected at most 255 characters',
    ],
    [
      'a hint with a line break',
      { ...valid, p2p_uri_hint: 'dpc://a\nb' },
      'p2p_uri_hint: holds a control character',
    ],
    [
      'a hint of another scheme',
      { ...valid, p2p_uri_hint: 'https://example.org' },
      'p2p_uri_hint: expected an address that begins with dpc://',
    ],
    ['a hint that is an object', { ...valid, p2p_uri_hint: {} }, 'p2p_uri_hint: expected a string'],
  ])('refuses %s and names the field', (_what, body, fault) => {
    expect(faultsOf(body)).toEqual([fault])
  })

  it('names all faulty fields at once, and no more than five skills', () => {
    const body = { name: '', compute: 1, expertise: { a: 0, b: 0, c: 0, d: 0, e: 0, f: 0 } }
    expect(faultsOf(body).map((fault) => fault.split(':')[0])).toEqual([
      'name',
      'expertise.a',
      'expertise.b',
      'expertise.c',
      'expertise.d',
      'expertise.e',
      'compute',
    ])
  })

  it('can be published as JSON Schema', () => {
    expect(z.toJSONSchema(putProfileBody, { io: 'input' })).toMatchObject({
      required: ['name'],
      properties: {
        name: { type: 'string', minLength: 1, maxLength: 100 },
        expertise: { additionalProperties: { type: 'integer', minimum: 1, maximum: 5 } },
        compute: { type: 'object' },
      },
    })
  })
})
