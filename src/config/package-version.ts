import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { z } from 'zod'

/** The version in the nearest package.json above this file, which the build may have moved. */
export function packageVersion(): string {
  let directory = import.meta.dirname
  while (!existsSync(join(directory, 'package.json')) && directory !== dirname(directory)) {
    directory = dirname(directory)
  }
  const content: unknown = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'))
  return z.object({ version: z.string() }).parse(content).version
}
