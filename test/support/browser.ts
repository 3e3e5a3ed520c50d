import { request, type IncomingHttpHeaders } from 'node:http'

export interface Page {
  readonly url: string
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** Where a redirect leads, absolute. */
  readonly location: string | null
}

export interface RequestOptions {
  readonly method?: string
  readonly headers?: Record<string, string>
  /** A form. */
  readonly form?: Record<string, string>
}

const MAX_HOPS = 10

/** As much of a browser as a login needs: cookies, and redirects followed one by one. */
export class Browser {
  /** Host (cookies know no ports), then name. */
  private readonly jar = new Map<string, Map<string, string>>()

  /** @param where the origin that really answers for an origin, such as a hub behind TLS */
  constructor(private readonly where: Readonly<Record<string, string>> = {}) {}

  cookies(url: string): Record<string, string> {
    return Object.fromEntries(this.jar.get(new URL(url).hostname) ?? [])
  }

  setCookie(url: string, name: string, value: string): void {
    const { hostname } = new URL(url)
    const cookies = this.jar.get(hostname) ?? new Map<string, string>()
    this.jar.set(hostname, cookies.set(name, value))
  }

  clearCookies(): void {
    this.jar.clear()
  }

  /** One request; a redirect is not followed. */
  async open(url: string, options: RequestOptions = {}): Promise<Page> {
    const { origin, host, pathname, search } = new URL(url)
    const cookie = Object.entries(this.cookies(url)).map((pair) => pair.join('='))
    const form = options.form && new URLSearchParams(options.form).toString()
    const page = await send((this.where[origin] ?? origin) + pathname + search, {
      method: options.method ?? (form === undefined ? 'GET' : 'POST'),
      headers: {
        host,
        ...(cookie.length > 0 ? { cookie: cookie.join('; ') } : {}),
        ...(form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
        ...options.headers,
      },
      body: form ?? '',
    })
    for (const line of page.headers['set-cookie'] ?? []) this.store(url, line)
    const { location } = page.headers
    return { ...page, url, location: location === undefined ? null : new URL(location, url).href }
  }

  /**
   * Follows redirects until a page that is none, or an address that `isEnd` names: that one is not
   * opened, and is the last in the list.
   */
  async follow(url: string, isEnd = isClassicCallback): Promise<string[]> {
    const visited = [url]
    for (let at = url; visited.length <= MAX_HOPS;) {
      if (isEnd(at)) return visited
      const { location } = await this.open(at)
      if (location === null) return visited
      visited.push(location)
      at = location
    }
    throw new Error(`redirects without end: ${visited.join(' → ')}`)
  }

  private store(url: string, line: string): void {
    const [pair = '', ...attributes] = line.split(';')
    const [name = '', value = ''] = pair.split('=')
    const isSecure = attributes.some((each) => each.trim().toLowerCase() === 'secure')
    if (isSecure && !url.startsWith('https:')) return
    this.setCookie(url, name, value)
  }
}

export function isClassicCallback(url: string): boolean {
  return url.startsWith('http://127.0.0.1:8080/')
}

/** `http.request`, because `fetch` decides itself what Host and Cookie say. */
function send(
  url: string,
  options: { method: string; headers: Record<string, string>; body: string },
): Promise<Omit<Page, 'url' | 'location'>> {
  return new Promise((resolve, reject) => {
    const { method, headers, body } = options
    const sent = request(url, { method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
        }),
      )
    })
    sent.on('error', reject)
    sent.end(body)
  })
}
