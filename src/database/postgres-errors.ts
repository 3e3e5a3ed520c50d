import { QueryFailedError } from 'typeorm'

/** True if a statement failed because `constraint` (its name in the migrations) already holds the value. */
export function isUniqueViolation(error: unknown, constraint: string): boolean {
  return isViolation(error, '23505', constraint)
}

/** True if a statement failed because the row that `constraint` refers to is gone. */
export function isForeignKeyViolation(error: unknown, constraint: string): boolean {
  return isViolation(error, '23503', constraint)
}

function isViolation(error: unknown, sqlState: string, constraint: string): boolean {
  const cause = driverErrorOf(error)
  return (
    typeof cause === 'object' &&
    cause !== null &&
    'code' in cause &&
    cause.code === sqlState &&
    'constraint' in cause &&
    cause.constraint === constraint
  )
}

/** What the Postgres driver said, when TypeORM wrapped it; else the error itself. */
export function driverErrorOf(error: unknown): unknown {
  return error instanceof QueryFailedError ? error.driverError : error
}
