/** The code of a failed system call, such as `ENOENT`; `unknown error` when there is none. */
export function errnoOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error
    ? String(error.code)
    : 'unknown error'
}
