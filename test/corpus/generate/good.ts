import { readFileSync } from 'node:fs'

import { CaseList, corpusKey, type CorpusCase } from './case.js'

/** Made by other programs; test/corpus/made-elsewhere/README.md has the commands. */
const MADE_ELSEWHERE: readonly [name: string, by: string, accept: 'rsa' | 'any'][] = [
  ['python-rsa-2048', "Python cryptography 48, as today's desktop client does it", 'rsa'],
  ['python-rsa-4096', 'Python cryptography 48, RSA-4096 and a short id', 'rsa'],
  ['python-rsa-2048-plain', 'Python cryptography 48, a short id and no extensions', 'rsa'],
  ['python-rsa-2048-printable', 'Python cryptography 48, PrintableString and SHA-512', 'rsa'],
  ['openssl-rsa-2048', 'OpenSSL 3.0 req -x509', 'rsa'],
  ['openssl-rsa-3072', 'OpenSSL 3.0 req -x509, RSA-3072 and a short id', 'rsa'],
  ['openssl-p256', 'OpenSSL 3.0 req -x509, P-256', 'any'],
  ['openssl-ed25519', 'OpenSSL 3.0 req -x509, Ed25519', 'any'],
  ['keytool-rsa-2048', "Java 17's keytool -selfcert", 'rsa'],
]

/** K15: what must pass. */
export function goodCases(): CaseList[] {
  const list = new CaseList('K15')
  for (const [name, by, accept] of MADE_ELSEWHERE) list.cases.push(madeElsewhere(name, by, accept))
  const own = { expect: 'ok', source: 'CONTRACT §2' } as const
  list.add({ ...own, why: 'our own writer, RSA-2048, long id', recipe: 'the first pool key' })
  list.add({ ...own, why: 'our own writer, short id', recipe: 'the first pool key', idLength: 16 })
  list.add({
    ...own,
    why: 'our own writer, RSA-3072',
    recipe: 'keys/rsa-3072',
    key: corpusKey('rsa-3072'),
  })
  list.add({
    ...own,
    why: 'our own writer, RSA-4096, short id',
    recipe: 'keys/rsa-4096',
    key: corpusKey('rsa-4096'),
    idLength: 16,
  })
  list.add({
    ...own,
    why: 'RSA is good on the modern route too',
    recipe: 'pool key',
    accept: 'any',
  })
  return [list]
}

function madeElsewhere(name: string, by: string, accept: 'rsa' | 'any'): CorpusCase {
  const read = (part: string): string =>
    readFileSync(new URL(`../made-elsewhere/${name}.${part}`, import.meta.url), 'utf8')
  return {
    id: `K15-${name}`,
    class: 'K15',
    accept,
    input: {
      node_id: read('node-id.txt').trim(),
      public_key: read('public-key.pem'),
      certificate: read('certificate.pem'),
    },
    expect: { ok: true },
    why: by,
    recipe: `made-elsewhere/${name}`,
    source: 'made-elsewhere/README.md',
  }
}
