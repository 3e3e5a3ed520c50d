/** Postgres could not be reached at the start. `main.ts` prints the message and exits. */
export class DatabaseUnreachableError extends Error {
  constructor(url: string, cause: unknown) {
    const { hostname, port, pathname } = new URL(url)
    const reason = cause instanceof Error && cause.message ? cause.message : String(cause)
    super(
      `DATABASE_URL: cannot open the database ${pathname.slice(1)} at ${hostname}:${port || '5432'} (${reason}); ` +
        'see that Postgres runs there, and that user, password and DATABASE_SSL are right',
      { cause },
    )
    this.name = 'DatabaseUnreachableError'
  }
}
