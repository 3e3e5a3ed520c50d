import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'

import { DerError, DerFields, dotted, readDer, TAG } from './der.js'

const read = (hex: string) => readDer(Buffer.from(hex, 'hex'))

describe('readDer', () => {
  it('reads a tree', () => {
    const value = read('300a020105a1050603550403')
    expect(value.tag).toBe(TAG.sequence)
    expect(value.children.map(({ tag }) => tag)).toEqual([TAG.integer, 0xa1])
    expect(value.children[0]?.content).toEqual(Buffer.from([5]))
  })

  it.each([
    ['nothing', ''],
    ['a tag alone', '30'],
    ['an indefinite length', '30800000'],
    ['a long length for a short value', '3081020500'],
    ['a length with a leading zero', '308200020500'],
    ['a length of five bytes', '30850000000000'],
    ['a length beyond the end', '30030500'],
    ['a child beyond its parent', '300205010203'],
    ['bytes after the end', '050000'],
    ['an end-of-contents tag', '0000'],
    ['a high tag number', '1f8100'],
    ['a BOOLEAN of 01', '010101'],
    ['a BOOLEAN of two bytes', '0102ffff'],
    ['an empty INTEGER', '0200'],
    ['an INTEGER with a needless 00', '0202007f'],
    ['an INTEGER with a needless ff', '0202ff80'],
    ['a NULL with content', '050100'],
    ['an empty BIT STRING', '0300'],
    ['unused bits in an empty BIT STRING', '030101'],
    ['eight unused bits', '03020800'],
    ['unused bits that are set', '03020101'],
    ['an empty OBJECT IDENTIFIER', '0600'],
    ['an arc with a leading 80', '0603558003'],
    ['an arc cut short', '06025584'],
    ['a constructed OCTET STRING', '24020400'],
    ['a primitive SEQUENCE', '1000'],
    ['an unsorted SET', '3106020102020101'],
  ])('refuses %s', (_, hex) => {
    expect(() => read(hex)).toThrow(DerError)
  })

  it.each([
    ['a NULL', '0500'],
    ['an INTEGER with a needed 00', '02020080'],
    ['a negative INTEGER', '0201ff'],
    ['a sorted SET', '3106020101020102'],
    ['seven unused bits', '03020780'],
    ['a long length for a long value', `048180${'00'.repeat(128)}`],
  ])('takes %s', (_, hex) => {
    expect(read(hex).bytes.toString('hex')).toBe(hex)
  })

  it('refuses depth 17 and takes depth 16', () => {
    const nested = (depth: number): Buffer => {
      let value = Buffer.from([5, 0])
      for (let i = 1; i < depth; i += 1) value = Buffer.from([0x30, value.length, ...value])
      return value
    }
    expect(() => readDer(nested(17))).toThrow('nested deeper than 16')
    expect(readDer(nested(16)).bytes).toEqual(nested(16))
  })

  it('throws nothing but DerError, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          readDer(Buffer.from(bytes))
        } catch (error) {
          expect(error).toBeInstanceOf(DerError)
        }
      }),
      { numRuns: 2000 },
    )
  })
})

describe('DerFields', () => {
  it('takes fields in order and says which one is missing', () => {
    const fields = new DerFields(read('30050201050500'), 'pair')
    expect(fields.takeIf(TAG.boolean)).toBeNull()
    expect(fields.take(TAG.integer, 'number').content).toEqual(Buffer.from([5]))
    expect(() => fields.end()).toThrow('pair: expected its end, found tag 05')
    expect(() => fields.take(TAG.oid, 'name')).toThrow('pair: expected name (tag 06), found tag 05')
    fields.take(TAG.null, 'nothing')
    expect(() => fields.take(TAG.oid, 'name')).toThrow('found its end')
    fields.end()
  })
})

describe('dotted', () => {
  it.each([
    ['0603550403', '2.5.4.3'],
    ['06092a864886f70d01010b', '1.2.840.113549.1.1.11'],
    ['0603883703', '2.999.3'],
    ['060127', '0.39'],
  ])('reads %s as %s', (hex, text) => {
    expect(dotted(read(hex))).toBe(text)
  })
})
