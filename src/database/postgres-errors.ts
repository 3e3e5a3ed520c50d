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
  if (!(error instanceof QueryFailedError)) return false
  const cause = error.driverError
  return (
    'code' in cause &&
    cause.code === sqlState &&
    'constraint' in cause &&
    cause.constraint === constraint
  )
}
