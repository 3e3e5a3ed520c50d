import { createHash, randomBytes } from 'node:crypto'

import type { Changes, Who } from '../corpus/generate/oauth/oauth-case.js'

/** What a login has, by the names that cases use. */
export type Words = Record<string, string>

/** The logins of one case, and the words in its requests that stand for what they have. */
export class OAuthWords {
  readonly logins: Record<Who, Words> = { mine: newLogin(), other: newLogin() }

  /** @param thumbprints of keys, by their names */
  constructor(
    private readonly origin: string,
    private readonly thumbprints: Readonly<Words>,
  ) {}

  /** Remembers what a request said of its login, where it said it once. */
  note(login: Who, query: URLSearchParams): void {
    for (const name of ['redirect_uri', 'state']) {
      const [value, ...others] = query.getAll(name)
      if (value !== undefined && others.length === 0) this.logins[login][name] = value
    }
  }

  formOf(changes: Changes): URLSearchParams {
    const form = new URLSearchParams()
    for (const [name, value] of Object.entries(changes)) {
      if (value === null) continue
      for (const each of [value].flat()) form.append(name, this.fill(each))
    }
    return form
  }

  /** The same as JSON; also headers. */
  objectOf(changes: Changes): Record<string, string> {
    const given = Object.entries(changes).flatMap(([name, value]) =>
      typeof value === 'string' ? [[name, this.fill(value)] as const] : [],
    )
    return Object.fromEntries(given)
  }

  fill(text: string): string {
    return text
      .replaceAll('{hub}', this.origin)
      .replace(/\{jkt ([\w-]+)\}/g, (_all, key: string) => this.thumbprints[key] ?? '')
      .replace(/\{(mine|other)\.(\w+)\}/g, (_all, who: Who, name: string) => this.word(who, name))
  }

  private word(who: Who, name: string): string {
    const value = this.logins[who][name]
    if (value === undefined) throw new Error(`${who} has no ${name} yet`)
    return value
  }
}

let ports = 20_000

function newLogin(): Words {
  const verifier = randomBytes(32).toString('base64url')
  return {
    verifier,
    challenge: createHash('sha256').update(verifier).digest('base64url'),
    state: randomBytes(16).toString('base64url'),
    // Nobody listens: the browser of these cases stops there.
    redirect_uri: `http://127.0.0.1:${++ports}/callback`,
  }
}
