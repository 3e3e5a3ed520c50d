import {
  type Changes,
  INVALID_GRANT,
  INVALID_REQUEST,
  OAuthCaseList,
  type OAuthFile,
  TO_PROVIDER,
  TOKENS,
  told,
  type Expected,
} from './oauth-case.js'

const RFC = 'RFC 7636 §4'
const OIDC = 'node-oidc-provider test/pkce'

/** A verifier of each length's edge, with its challenge: SHA-256, base64url. */
const SHORT = { verifier: 'a'.repeat(43), challenge: 'ZtNPunH49FD35FWYhT5Tv8I7vRKQJ8uxMaL0_9eHjNA' }
const LONG = { verifier: '~'.repeat(128), challenge: 'zNhOm5Jyonenca7bQzzpjUpwFDVrfhrbbOGCqgWA6HU' }
/** The pair of RFC 7636 Appendix B. */
const RFC_PAIR = {
  verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
  challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
}

/** O3: proof that whoever redeems the code began the login. */
export function pkceCases(): OAuthFile {
  const list = new OAuthCaseList('O3', 'PKCE', RFC)
  addChallenges(list)
  addVerifiers(list)
  addPairs(list)
  return list.file
}

function addChallenges(list: OAuthCaseList): void {
  const add = (query: Changes, why: string, expect: Expected = told('invalid_request')): void =>
    list.add({ request: { do: 'begin', query }, expect, why, source: OIDC })
  add({ code_challenge: null }, 'no challenge')
  add({ code_challenge: null, code_challenge_method: null }, 'no PKCE at all')
  add({ code_challenge: '' }, 'an empty challenge')
  add({ code_challenge: 'A'.repeat(42) }, 'a challenge too short')
  add({ code_challenge: 'A'.repeat(44) }, 'a challenge too long')
  add({ code_challenge: '{mine.challenge}=' }, 'a padded challenge')
  add({ code_challenge: `+${'A'.repeat(42)}` }, 'a challenge in base64')
  add({ code_challenge: `${'A'.repeat(42)}.` }, 'a character that only verifiers may have')
  add({ code_challenge: ['{mine.challenge}', '{mine.challenge}'] }, 'the challenge twice')
  add({ code_challenge_method: null }, 'no method: that would mean plain')
  add({ code_challenge_method: 'plain' }, 'plain')
  add({ code_challenge_method: 's256' }, 'methods have case')
  add({ code_challenge_method: 'S512' }, 'a method there is not')
  add({ code_challenge_method: ['S256', 'plain'] }, 'two methods')
  add({ code_challenge_method: '' }, 'an empty method')
  add({}, 'S256 and 43 characters', TO_PROVIDER)
}

function addVerifiers(list: OAuthCaseList): void {
  const add = (verifier: Changes[string], expect: Expected, why: string): void =>
    list.add({
      mine: 'returned',
      request: { do: 'redeem', body: { code_verifier: verifier } },
      expect,
      why,
      source: OIDC,
    })
  add(null, INVALID_REQUEST, 'no verifier')
  add('', INVALID_REQUEST, 'an empty verifier')
  add('a'.repeat(42), INVALID_REQUEST, 'a verifier too short')
  add('a'.repeat(129), INVALID_REQUEST, 'a verifier too long')
  add(`${'a'.repeat(42)}+`, INVALID_REQUEST, 'a character that verifiers have not')
  add(`${'a'.repeat(43)}\n`, INVALID_REQUEST, 'a line feed at the end')
  add('ä'.repeat(43), INVALID_REQUEST, 'letters outside ASCII')
  add(['{mine.verifier}', '{mine.verifier}'], INVALID_REQUEST, 'the verifier twice')
  add('a'.repeat(43), INVALID_GRANT, 'another verifier')
  add('{mine.challenge}', INVALID_GRANT, 'the challenge as verifier, as if it were plain')
  add('{mine.verifier}A', INVALID_GRANT, 'a character more')
  add('{mine.state}{mine.state}', INVALID_GRANT, 'the client’s state as verifier')
}

function addPairs(list: OAuthCaseList): void {
  const add = (
    begun: { challenge: string },
    shown: { verifier: string },
    expect: Expected,
    why: string,
    source = RFC,
  ): void =>
    list.add({
      mine: 'returned',
      begun_with: { code_challenge: begun.challenge },
      request: { do: 'redeem', body: { code_verifier: shown.verifier } },
      expect,
      why,
      source,
    })
  add(RFC_PAIR, RFC_PAIR, TOKENS, 'the pair of the RFC', 'RFC 7636 Appendix B')
  add(SHORT, SHORT, TOKENS, 'the shortest verifier')
  add(LONG, LONG, TOKENS, 'the longest verifier')
  add(SHORT, RFC_PAIR, INVALID_GRANT, 'a verifier of another pair')
  add(
    { challenge: SHORT.verifier },
    SHORT,
    INVALID_GRANT,
    'the challenge is the verifier itself: plain by the back door',
    'RFC 9700 §2.1.1, §4.8',
  )
}
