/** What the process ends with; `--help` lists them. */
export const EXIT = { done: 0, refused: 1, usage: 2, login: 3, unreachable: 4 }

/** Something that a person can mend: what went wrong, and what to do. */
export class Failure extends Error {
  constructor(exitCode, what, mend) {
    super(what)
    this.exitCode = exitCode
    this.mend = mend
  }
}
