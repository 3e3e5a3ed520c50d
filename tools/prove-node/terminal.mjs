import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'

/** Asks without showing what is typed. Null when nobody is there to ask. */
export async function askSecret(question) {
  if (!process.stdin.isTTY) return null
  process.stderr.write(question)
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const asking = createInterface({ input: process.stdin, output: silent, terminal: true })
  try {
    return await new Promise((resolve) => {
      asking.question('', resolve)
      asking.once('close', () => resolve(null))
    })
  } finally {
    asking.close()
    process.stderr.write('\n')
  }
}

/** All that is piped in; empty at a terminal. */
export async function readInput() {
  if (process.stdin.isTTY) return ''
  const chunks = []
  for await (const chunk of process.stdin) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}
