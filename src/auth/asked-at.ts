import type { FastifyRequest } from 'fastify'

/**
 * Whether the browser asked for PUBLIC_URL's host. A proxy in front may put its own name into Host
 * and the browser's into X-Forwarded-Host; lying there only spares the liar a redirect.
 */
export function isAskedAt(publicUrl: string, { headers }: FastifyRequest): boolean {
  const { host, protocol } = new URL(publicUrl)
  const named = [headers.host ?? '', ...String(headers['x-forwarded-host'] ?? '').split(',')]
  return named.some((each) => hostOf(`${protocol}//${each.trim()}`) === host)
}

/** As URLs spell it: in lower case, without the default port or a final dot. */
function hostOf(url: string): string | null {
  return URL.canParse(url) ? new URL(url).host.replace(/\.(?=:|$)/, '') : null
}
