import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

import { compileInto } from './compiled.js'

/** What a process does with the embedded Postgres: hold it until told, or open and leave it often. */
const PROGRAM = `
import { Client } from 'pg'
import { openEmbeddedPostgres } from './embedded-postgres.js'

const [dataDir, rounds] = process.argv.slice(2)
const visit = async (postgres) => {
  const client = new Client({ connectionString: postgres.url })
  await client.connect()
  await client.query('select 1')
  await client.end()
}
if (rounds === undefined) {
  const postgres = await openEmbeddedPostgres(dataDir, () => undefined)
  await visit(postgres)
  console.log(postgres.url)
  process.stdin.once('data', () => {
    process.stdin.destroy()
    postgres.stop().then(() => console.log('stopped'))
  })
} else {
  for (let round = 0; round < Number(rounds); round++) {
    const postgres = await openEmbeddedPostgres(dataDir, () => undefined)
    await visit(postgres)
    await postgres.stop()
  }
  console.log('done')
}
`

/** Compiles src/database into `folder`, so that plain processes of node can run it. */
export async function compileProgram(folder: string): Promise<string> {
  const names = await readdir('src/database')
  await compileInto(
    folder,
    names.map((name) => join('src/database', name)),
  )
  const program = join(folder, 'program.js')
  await writeFile(program, PROGRAM)
  return program
}

/** A process that has the embedded Postgres open, as a hub has. */
export class PostgresProcess {
  private constructor(
    private readonly child: ChildProcess,
    private readonly exited: Promise<unknown>,
    private readonly lines: AsyncIterator<string>,
  ) {}

  /** Begins to open it; `url` tells when it has. */
  static spawn(program: string, dataDir: string, ...rest: string[]): PostgresProcess {
    const child = spawn(process.execPath, [program, dataDir, ...rest], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    return new PostgresProcess(child, once(child, 'exit'), lines)
  }

  /** @throws Error when the process ends before it says anything */
  async nextLine(): Promise<string> {
    const line = await this.lines.next()
    if (line.done === true) throw new Error('the process ended; its error is above')
    return line.value
  }

  async stop(): Promise<void> {
    this.child.stdin?.write('stop\n')
    await this.nextLine()
    await this.exited
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL')
    await this.exited
  }
}
