import { randomBytes } from 'node:crypto'

import { LOGIN_SECONDS } from './login-state.store.js'

const SECRET = /^[A-Za-z0-9_-]{43}$/

/**
 * The cookie that ties a login to the browser it was begun in. One random secret for each browser,
 * kept from login to login: two tabs may log in at once.
 *
 * `SameSite=Lax`, because the way back from the provider is a navigation from another site; the
 * `__Host-` prefix, where there is TLS, keeps other hosts of the domain from setting it.
 */
export class BrowserCookie {
  private readonly name: string
  private readonly isSecure: boolean

  constructor(publicUrl: string) {
    this.isSecure = publicUrl.startsWith('https:')
    this.name = this.isSecure ? '__Host-hub_login' : 'hub_login'
  }

  /** The browser's secret, if it has a well-formed one. */
  read(cookieHeader: string | undefined): string | null {
    for (const pair of (cookieHeader ?? '').split(';')) {
      const [name, value] = pair.trim().split('=', 2)
      if (name === this.name && value !== undefined && SECRET.test(value)) return value
    }
    return null
  }

  makeSecret(): string {
    return randomBytes(32).toString('base64url')
  }

  /** The `Set-Cookie` value. */
  write(secret: string): string {
    const attributes = `Path=/; Max-Age=${LOGIN_SECONDS}; HttpOnly; SameSite=Lax`
    return `${this.name}=${secret}; ${attributes}${this.isSecure ? '; Secure' : ''}`
  }
}
