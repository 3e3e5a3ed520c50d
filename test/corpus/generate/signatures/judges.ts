import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { prekeyBytes, proofBytes, rotationBytes } from '../../../../src/identity/proof.js'

import type { SignatureCase, SignatureFile, Statement } from './case.js'

/**
 * What other programs say of the same signatures. They are asked when the corpus is made
 * (test/corpus/judges), so that the tests need none of them.
 */
export interface Judgements {
  /** Names with versions, in the order of each answer. */
  readonly judges: readonly string[]
  /** By the digest of the question, so that an answer never serves another question. */
  readonly answers: Readonly<Record<string, readonly boolean[]>>
}

/** Hex of the key's SubjectPublicKeyInfo, of the bytes and of the signature. */
export interface Question {
  readonly spki: string
  readonly message: string
  readonly signature: string
}

const FOLDER = new URL('../../judges/', import.meta.url)
const FILE = new URL('signatures.json', FOLDER)
const COMMANDS: readonly (readonly [string, string])[] = [
  ['python3', 'judge.py'],
  ['java', 'Judge.java'],
]

/** @throws TypeError  for a statement that has no bytes */
export function bytesOf(statement: Statement): Buffer {
  if (statement.type === 'proof') return proofBytes(statement)
  return statement.type === 'rotation' ? rotationBytes(statement) : prekeyBytes(statement)
}

/** Null where there is nothing to ask: no bytes, or a type of key that the contract does not have. */
export function questionOf(
  { input, expect }: SignatureCase,
  keys: SignatureFile['keys'],
): Question | null {
  const fault = expect.signed ? null : expect.fault
  if (fault === 'line_break' || fault === 'key_type') return null
  const { message, statement, key, signature } = input
  const bytes = statement === undefined ? Buffer.from(message ?? '') : bytesOf(statement)
  return { spki: keys[key]!, message: bytes.toString('hex'), signature }
}

export function readJudgements(): Judgements {
  return JSON.parse(readFileSync(FILE, 'utf8'))
}

export function answersTo(question: Question, { answers }: Judgements): readonly boolean[] | null {
  return answers[digestOf(question)] ?? null
}

/** One clause for the case's `source`. */
export function saidOf(question: Question, judgements: Judgements): string | null {
  const answers = answersTo(question, judgements)
  if (answers === null) return null
  return judgements.judges
    .map((judge, index) => `${judge} ${answers[index] === true ? 'takes' : 'refuses'} it`)
    .join(', ')
}

/** Asks all judges all questions and writes down their answers. Needs Python's cryptography and a JDK. */
export function askJudges(questions: readonly Question[]): void {
  const lines = questions.map(({ spki, message, signature }) =>
    [spki, message, signature].join(' '),
  )
  const replies = COMMANDS.map(([command, file]) =>
    execFileSync(command, [fileURLToPath(new URL(file, FOLDER))], {
      input: lines.map((line) => `${line}\n`).join(''),
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    })
      .trim()
      .split('\n'),
  )
  const answers: Record<string, boolean[]> = {}
  questions.forEach((question, index) => {
    answers[digestOf(question)] = replies.map((reply) => reply[index + 1] === 'true')
  })
  const judgements: Judgements = { judges: replies.map((reply) => reply[0] ?? ''), answers }
  writeFileSync(FILE, `${JSON.stringify(judgements, null, 1)}\n`)
}

function digestOf({ spki, message, signature }: Question): string {
  const text = [spki, message, signature].join(' ')
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}
