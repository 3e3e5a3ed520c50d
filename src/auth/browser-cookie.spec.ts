import { describe, expect, it } from '@jest/globals'

import { BrowserCookie } from './browser-cookie.js'

const secret = 'A'.repeat(42) + '_'

describe('the browser cookie', () => {
  const plain = new BrowserCookie('http://127.0.0.1:8000')
  const tls = new BrowserCookie('https://hub.example')

  it.each<[string, string | undefined, string | null]>([
    ['alone', `hub_login=${secret}`, secret],
    ['among others, however they are spaced', `a=b;hub_login=${secret} ; c=d`, secret],
    ['after one of a longer name', `xhub_login=${'B'.repeat(43)}; hub_login=${secret}`, secret],
    ['after a malformed one of its name', `hub_login=short; hub_login=${secret}`, secret],
    ['not there', 'a=b', null],
    ['in no header', undefined, null],
    ['empty', 'hub_login=', null],
    ['without a value', 'hub_login', null],
    ['too long', `hub_login=${secret}A`, null],
    ['with other characters', `hub_login=${'+'.repeat(43)}`, null],
    ['quoted', `hub_login="${secret}"`, null],
    ['of another case', `Hub_Login=${secret}`, null],
  ])('is read when it is %s', (_how, header, expected) => {
    expect(plain.read(header)).toBe(expected)
  })

  it('has another name where there is TLS, and the plain one is not read there', () => {
    expect(tls.read(`hub_login=${secret}`)).toBeNull()
    expect(tls.read(`__Host-hub_login=${secret}`)).toBe(secret)
  })

  it('is written so that it can be read again', () => {
    const made = plain.makeSecret()
    expect(plain.read(plain.write(made))).toBe(made)
    expect(tls.write(made)).toContain('; Secure')
    expect(plain.write(made)).not.toContain('Secure')
  })
})
