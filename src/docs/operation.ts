import type { z } from 'zod'

import type { ErrorOfRoute } from './error-codes.js'

/** What a route says that its code cannot: parameters and bodies are read from the code itself. */
export interface Operation {
  /** The `operationId`: clients are generated with it as a name. */
  readonly id: string
  readonly tag:
    | 'Login'
    | 'OAuth'
    | 'Sessions'
    | 'Nodes'
    | 'Prekeys'
    | 'Profiles'
    | 'Discovery'
    | 'Signaling'
    | 'Operations'
  readonly summary: string
  readonly description?: string
  readonly answers: Readonly<Record<number, Answer>>
  /** Beside those that every route, every closed route or every limited route may answer. */
  readonly errors: readonly ErrorOfRoute[]
}

export interface Answer {
  readonly description: string
  /** The name its schema goes by in the document. */
  readonly name?: string
  readonly schema?: z.ZodType
  /** Of a body that is not JSON. */
  readonly mediaType?: string
  readonly headers?: Readonly<Record<string, string>>
}
