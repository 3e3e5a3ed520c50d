import { createHash } from 'node:crypto'

/** Finished HTML. Only `markup` makes it, so nothing that a stranger wrote is ever taken for markup. */
export class Html {
  constructor(readonly text: string) {}
}

type Part = string | number | Html | readonly Html[] | null

/** A template whose values are escaped; values that are HTML already, or lists of it, are not. */
export function markup(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  const text = strings.map((string, index) => string + textOf(parts[index] ?? null))
  return new Html(text.join(''))
}

function textOf(part: Part): string {
  if (part === null) return ''
  if (part instanceof Html) return part.text
  if (typeof part === 'string' || typeof part === 'number') return escapeHtml(String(part))
  return part.map(({ text }) => text).join('')
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}

const STYLE = `
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
body { max-width: 26rem; margin: 2rem auto; padding: 0 1rem }
.note { border-left: .3rem solid; padding-left: .8rem }
.code { font: 600 1.75rem/1.5 ui-monospace, monospace; letter-spacing: .08em; margin: .4rem 0 }
dt, label { display: block; font-weight: 600 }
dd { margin: 0 0 .6rem; overflow-wrap: anywhere }
input, button, .button { box-sizing: border-box; display: block; width: 100%; min-height: 2.75rem; margin: .6rem 0; padding: .5rem .8rem; border: 1px solid; border-radius: .3rem; font: inherit; text-align: center; text-decoration: none; color: inherit }
`

/** For a page of the hub: no script runs, nothing is loaded, nobody frames it, forms go to the hub itself. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': [
    "default-src 'none'",
    `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; '),
  'cache-control': 'no-store',
  // Without a referrer browsers send `Origin: null` with a form; nothing is told to other sites.
  'referrer-policy': 'same-origin',
}

/** A whole page of the hub, to be sent with PAGE_HEADERS. */
export function page(title: string, main: Html): string {
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${new Html(STYLE)}</style>
</head>
<body>
<main>
<h1>${title}</h1>
${main}
</main>
</body>
</html>
`.text
}
