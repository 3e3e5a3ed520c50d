import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'

import { transformFile } from '@swc/core'

/** Compiles `sources`, TypeScript, into `folder`, so that plain processes of node can run them. */
export async function compileInto(folder: string, sources: readonly string[]): Promise<void> {
  await mkdir(folder, { recursive: true })
  await symlink(resolve('node_modules'), join(folder, 'node_modules'))
  await writeFile(join(folder, 'package.json'), '{"type":"module"}')
  for (const source of sources) {
    const { code } = await transformFile(source)
    await writeFile(join(folder, basename(source).replace(/\.ts$/, '.js')), code)
  }
}
