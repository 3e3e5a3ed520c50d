import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

import { describe, expect, it } from '@jest/globals'
import { transformFileSync } from '@swc/core'

import { ConfigError } from './config-error.js'
import { HubConfig } from './hub-config.js'
import { keptSecretKey } from './kept-secret-key.js'
import { secretKeyFault } from './secret-key.js'

describe('a secret key', () => {
  it.each([
    ['too short', 'aB3$xYz9'],
    ['31 bytes', randomBytes(23).toString('base64').slice(0, 31)],
    ['the README of the reference', 'generate_with_openssl_rand_hex_32'],
    ['a well-known one', 'change-me-in-production-3fK9x2LmQw7Z'],
    ['a well-known one', 'CHANGEME-8fj2kLx0qPz7Vn4bTs6Rd1Wc'],
    ['a well-known one', 'your-256-bit-key-goes-here-Xk29fLq0'],
    ['a well-known one', 'super-secret-key-with-32-characters!'],
    ['a well-known one', 'insecure-development-key-0a9f8b7c6d'],
    ['one character', 'k'.repeat(64)],
    ['few characters', 'abcabdacbaddbcacbdadcbabcdabdcab'],
    ['zero and one', '0110100110010110'.repeat(4)],
    ['a word repeated', 'correcthorse'.repeat(4)],
    ['a pattern repeated', 'Tr0ub4dor&3-Tr0ub4dor&3-Tr0ub4dor&3'],
    ['the alphabet', 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJ'],
    ['digits in order', '0123456789abcdef0123456789ABCDEF'],
    ['digits backwards', 'zyxwvutsrqponmlkjihgfedcba9876543210'],
    ['all zero bytes', Buffer.alloc(48).toString('base64')],
  ])('is refused: %s', (_why, key) => {
    expect(secretKeyFault(key)).toMatch(/; use at least 32 random bytes.*openssl rand -base64 48$/)
  })

  it('is accepted when it is random, in any usual writing', () => {
    const refused = Array.from({ length: 5_000 }, (_, seed) =>
      createHash('sha512').update(String(seed)).digest(),
    ).flatMap((bytes) =>
      [
        bytes.toString('base64'),
        bytes.subarray(0, 32).toString('base64url'),
        bytes.subarray(0, 32).toString('hex'),
        bytes.subarray(0, 16).toString('hex'),
        bytes.toString('hex') + bytes.toString('base64'),
      ].filter((key) => secretKeyFault(key) !== null),
    )
    expect(refused).toEqual([])
  })
})

describe('the development key', () => {
  const dataDir = () => join(mkdtempSync(join(tmpdir(), 'hub-key-')), 'deep', 'data')

  it('is made once, for this user only, and used again', () => {
    const DATA_DIR = dataDir()
    const first = HubConfig.fromEnv({ DATA_DIR }).tokens.secretKey.reveal()
    const path = join(DATA_DIR, 'secret-key')
    expect(Buffer.from(first, 'base64url')).toHaveLength(32)
    expect(readFileSync(path, 'utf8').trim()).toBe(first)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(HubConfig.fromEnv({ DATA_DIR }).tokens.secretKey.reveal()).toBe(first)
    expect(readdirSync(DATA_DIR)).toEqual(['secret-key'])
  })

  it('is the same in all processes that start at once', async () => {
    const build = mkdtempSync(join(tmpdir(), 'hub-build-'))
    writeFileSync(join(build, 'package.json'), '{"type":"module"}')
    const needed = ['common/secret', 'config/config-error', 'config/errno', 'config/secret-key']
    for (const name of [...needed, 'config/kept-secret-key']) {
      mkdirSync(dirname(join(build, name)), { recursive: true })
      const { code } = transformFileSync(`src/${name}.ts`, { module: { type: 'es6' } })
      writeFileSync(join(build, `${name}.js`), code)
    }
    const directory = dataDir()
    const program = `
      import { keptSecretKey } from './config/kept-secret-key.js'
      process.stdout.write(keptSecretKey(process.argv[1]).reveal())`
    const starting = Array.from({ length: 8 }, () =>
      promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program, directory], {
        cwd: build,
      }),
    )
    const keys = (await Promise.all(starting)).map(({ stdout }) => stdout)
    expect(new Set(keys)).toEqual(new Set([keptSecretKey(directory).reveal()]))
    expect(readdirSync(directory)).toEqual(['secret-key'])
  })

  it('differs from one data directory to another', () => {
    expect(keptSecretKey(dataDir()).reveal()).not.toBe(keptSecretKey(dataDir()).reveal())
  })

  it('is not made when SECRET_KEY is set, nor when something else is at fault', () => {
    const DATA_DIR = dataDir()
    HubConfig.fromEnv({ DATA_DIR, SECRET_KEY: randomBytes(32).toString('hex') })
    expect(() => HubConfig.fromEnv({ DATA_DIR, PORT: 'x' })).toThrow(ConfigError)
    expect(() => HubConfig.fromEnv({ DATA_DIR, NODE_ENV: 'production' })).toThrow(/SECRET_KEY/)
    expect(() => statSync(DATA_DIR)).toThrow(/ENOENT/)
  })

  it('is one fault with a mend when DATA_DIR cannot hold it', () => {
    const blocked = join(mkdtempSync(join(tmpdir(), 'hub-key-')), 'file')
    writeFileSync(blocked, '')
    expect(() => HubConfig.fromEnv({ DATA_DIR: join(blocked, 'data') })).toThrow(
      /SECRET_KEY: cannot be kept in DATA_DIR \(ENOTDIR\); set SECRET_KEY/,
    )
  })

  it('is refused when somebody has made it weak', () => {
    const DATA_DIR = dataDir()
    mkdirSync(DATA_DIR, { recursive: true })
    writeFileSync(join(DATA_DIR, 'secret-key'), 'hello\n')
    expect(() => HubConfig.fromEnv({ DATA_DIR })).toThrow(/secret-key is 5 characters long; use/)
  })
})
