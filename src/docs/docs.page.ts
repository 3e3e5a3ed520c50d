import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'

import type { HubConfig } from '../config/hub-config.js'

/** Everything comes from the hub itself; Swagger UI's style sheet holds its icons as `data:`. */
export const DOCS_PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const STYLE = `
body { margin: 0; font: 1rem/1.5 system-ui, sans-serif }
header, noscript { display: block; max-width: 1460px; margin: 0 auto; padding: .5rem 20px }
`

/** `validatorUrl`: the page asks no other host to judge the document. */
const SCRIPT = `
window.ui = SwaggerUIBundle({
  url: '/api/openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  validatorUrl: null,
  displayRequestDuration: true,
})
`

interface DocsFile {
  readonly type: string
  readonly content: string | Buffer
}

const OWN_FILES: ReadonlyMap<string, DocsFile> = new Map([
  ['page.css', { type: 'text/css; charset=utf-8', content: STYLE }],
  ['page.js', { type: 'text/javascript; charset=utf-8', content: SCRIPT }],
])

/** Of swagger-ui-dist, which comes with @nestjs/swagger. */
const SWAGGER_FILES: ReadonlyMap<string, string> = new Map([
  ['swagger-ui.css', 'text/css; charset=utf-8'],
  ['swagger-ui-bundle.js', 'text/javascript; charset=utf-8'],
  ['favicon-32x32.png', 'image/png'],
])

const read = new Map<string, Promise<Buffer>>()

/** A file of the page, read once; null for any other name. */
export async function docsFile(name: string): Promise<DocsFile | null> {
  const type = SWAGGER_FILES.get(name)
  if (type === undefined) return OWN_FILES.get(name) ?? null
  const content = read.get(name) ?? readFile(swaggerPath(name))
  read.set(name, content)
  return { type, content: await content }
}

/** The page offers the hub's source, as AGPL-3.0 §13 asks. */
export function docsPage({ appName, version, sourceUrl }: HubConfig): string {
  const title = escapeHtml(`${appName} ${version}`)
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}: API</title>
<link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="stylesheet" href="/docs/page.css">
</head>
<body>
<header>${title} · <a href="${escapeHtml(sourceUrl)}">source code (AGPL-3.0-only)</a> · <a href="/api/openapi.json">openapi.json</a></header>
<noscript>This reader needs JavaScript; the document itself is <a href="/api/openapi.json">openapi.json</a>.</noscript>
<main id="swagger-ui"></main>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/page.js"></script>
</body>
</html>
`
}

function swaggerPath(name: string): string {
  const nestSwagger = createRequire(import.meta.url).resolve('@nestjs/swagger')
  return createRequire(nestSwagger).resolve(`swagger-ui-dist/${name}`)
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
