import { StandardSchemaValidationPipe } from '@nestjs/common'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { z } from 'zod'

import { InvalidRequestError, type Issue } from './hub-error.js'

/** The only pipe: the schema given to `@Body`, `@Query` or `@Param` decides. */
export class ValidationPipe extends StandardSchemaValidationPipe {
  constructor() {
    super({ exceptionFactory: (issues) => invalidRequest(issues) })
  }

  /** NOTE: Nest would delete keys such as `__proto__`, which are legal skill names (CONTRACT §4.10). */
  protected override stripProtoKeys(): void {
    // Schemas read own keys only, so there is nothing to strip.
  }
}

/** zod says `expected string, received undefined`; people who forgot a field read this. */
z.config({
  customError: (issue) =>
    issue.code === 'invalid_type' && issue.input === undefined ? 'is missing' : undefined,
})

/** The same for what a route looks at by itself. @throws InvalidRequestError */
export function parsed<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value ?? {})
  if (!result.success) throw invalidRequest(result.error.issues)
  return result.data
}

function invalidRequest(found: readonly StandardSchemaV1.Issue[]): InvalidRequestError {
  const issues = found.slice(0, 20).map(toIssue)
  const detail = issues.map(({ path, message }) => `${path || 'body'}: ${message}`)
  return new InvalidRequestError(detail.join('; '), issues)
}

function toIssue({ path, message }: StandardSchemaV1.Issue): Issue {
  const keys = (path ?? []).map((part) => (typeof part === 'object' ? part.key : part))
  return { path: keys.map((key) => String(key).slice(0, 64)).join('.'), message }
}
