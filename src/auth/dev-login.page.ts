import { createHash } from 'node:crypto'

import type { ProviderName } from '../accounts/person.js'

const STYLE = `
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
body { max-width: 26rem; margin: 4rem auto; padding: 0 1rem }
.note { border-left: .3rem solid; padding-left: .8rem }
label { display: block; font-weight: 600 }
input, button { box-sizing: border-box; width: 100%; min-height: 2.75rem; margin: .4rem 0; padding: .4rem .8rem; font: inherit }
`

/**
 * No script runs and nothing is loaded; the form goes to the hub, which sends the browser on to the
 * client that waits for it, on any port of this machine (browsers check `form-action` on redirects
 * as well, and a policy cannot name the address ::1).
 */
export const DEV_PAGE_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "form-action 'self' http:",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ')

const SPELLINGS: Record<ProviderName, string> = { google: 'Google', github: 'GitHub' }

/** The page of the development provider. The form goes back to the page's own address. */
export function devLoginPage(provider: ProviderName): string {
  const name = SPELLINGS[provider]
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Development login</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>Development login</h1>
<p class="note">This page stands in for ${name}, because this hub has no login provider set up. It works
on this machine only and lets you be whoever you say. Never use it for a hub that others can reach.</p>
<form method="post">
<label for="email">E-mail address</label>
<input id="email" name="email" type="email" value="alice@example.org" required maxlength="254" autocomplete="email" autofocus>
<button name="decision" value="allow">Log in</button>
<button name="decision" value="deny" formnovalidate>Cancel</button>
</form>
</main>
</body>
</html>
`
}
