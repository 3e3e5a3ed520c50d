import { type FileHandle, open } from 'node:fs/promises'

import type { SeededToken } from './seeder.js'

/** A list of tokens that is written while they are made: a million of them would not fit into one text. */
export class TokensFile implements AsyncDisposable {
  private isFirst = true

  private constructor(private readonly file: FileHandle) {}

  /** Whoever reads the file can be any of its nodes: for its owner only, whatever it was before. */
  static async open(path: string): Promise<TokensFile> {
    const file = await open(path, 'w', 0o600)
    await file.chmod(0o600)
    return new TokensFile(file)
  }

  async add(tokens: readonly SeededToken[]): Promise<void> {
    if (tokens.length === 0) return
    const lines = tokens.map((token) => JSON.stringify(token)).join(',\n')
    await this.file.write(`${this.isFirst ? '[\n' : ',\n'}${lines}`)
    this.isFirst = false
  }

  async end(): Promise<void> {
    await this.file.write(this.isFirst ? '[]\n' : '\n]\n')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.file.close()
  }
}
