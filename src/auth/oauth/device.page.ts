import type { ProviderName } from '../../accounts/person.js'
import { type Html, markup, page } from '../../common/html.js'
import { showUserCode } from './device-user-code.js'

const PROVIDERS: Record<ProviderName, string> = { google: 'Google', github: 'GitHub' }
const CLIENTS = { desktop: 'D-PC, the desktop and command line client' } as const

/** What a person must be able to tell a device by, so that they notice when it is not theirs (RFC 8628 §5.4). */
export interface AskingDevice {
  readonly userCode: string
  readonly client: keyof typeof CLIENTS
  /** The coarse network it asked from; null if nobody could tell. */
  readonly place: string | null
  /** The same of this browser. */
  readonly ownPlace: string | null
  readonly minutesAgo: number
}

/** Where a code is typed. A code in the address is filled in and waits for the person all the same. */
export function codePage({
  userCode,
  problem,
}: {
  userCode: string | null
  problem: string | null
}): string {
  return page(
    'Connect a device',
    markup`${problem === null ? null : markup`<p class="note" role="alert">${problem}</p>`}
<p>Type the code that your device shows. Only go on if you have just started this yourself, on a device of your own.</p>
<form method="post" action="/device">
<label for="user_code">Code</label>
<input id="user_code" name="user_code" value="${userCode === null ? '' : showUserCode(userCode)}" inputmode="text" autocapitalize="characters" autocomplete="off" spellcheck="false" placeholder="XXXX-XXXX" maxlength="64" required autofocus>
<button>Continue</button>
</form>`,
  )
}

/** Whose code it is, and the providers to log in with. */
export function devicePage(
  device: AskingDevice,
  logins: readonly { provider: ProviderName; url: string }[],
): string {
  return page(
    'Is this your device?',
    markup`${describe(device)}
<p>To connect it, log in:</p>
${logins.map(({ provider, url }) => markup`<p><a class="button" href="${url}">Log in with ${PROVIDERS[provider]}</a></p>`)}
<p>If it is not yours, close this page. Nothing has happened.</p>`,
  )
}

/** The last question. Its form is good once, in this browser. */
export function confirmPage(
  device: AskingDevice,
  { email, provider, state }: { email: string | null; provider: ProviderName; state: string },
): string {
  return page(
    'Connect this device?',
    markup`<p>You are logged in as <strong>${email ?? 'an account without an e-mail address'}</strong> (${PROVIDERS[provider]}).</p>
${describe(device)}
<p>Once connected, it acts as you on this hub until its session ends.</p>
<form method="post" action="/device/confirm">
<input type="hidden" name="state" value="${state}">
<button name="decision" value="approve">Approve</button>
<button name="decision" value="deny">Deny</button>
</form>`,
  )
}

export function donePage(decision: 'approve' | 'deny'): string {
  return decision === 'approve'
    ? page(
        'Device connected',
        markup`<p role="status">Go back to your device: it goes on by itself within a few seconds. You may close this page.</p>`,
      )
    : page(
        'Device turned away',
        markup`<p role="status">It was told so and gets nothing. If you did not start this yourself, somebody tried to get into your account: do not go on, whatever they tell you. You may close this page.</p>`,
      )
}

/** Something went wrong, in words for a person. */
export function problemPage(detail: string): string {
  return page(
    'This did not work',
    markup`<p class="note" role="alert">${detail}</p>
<p><a class="button" href="/device">Type a code</a></p>`,
  )
}

function describe({ userCode, client, place, ownPlace, minutesAgo }: AskingDevice): Html {
  return markup`<dl>
<dt>Code</dt><dd class="code">${showUserCode(userCode)}</dd>
<dt>Client</dt><dd>${CLIENTS[client]}</dd>
<dt>Network it asked from</dt><dd>${place ?? 'not known'}${comparison(place, ownPlace)}</dd>
<dt>Asked</dt><dd>${ago(minutesAgo)}</dd>
</dl>
<p class="note"><strong>Only go on if you started this yourself, on your own device, and that device shows this very code.</strong>
If somebody sent you the code or a link to this page, by mail, chat or telephone, they want to get into your account: close this page.</p>`
}

function comparison(place: string | null, ownPlace: string | null): string {
  if (place === null || ownPlace === null) return ''
  return place === ownPlace
    ? ', the same as this browser’s'
    : `, another than this browser’s (${ownPlace})`
}

function ago(minutes: number): string {
  if (minutes < 1) return 'less than a minute ago'
  return minutes === 1 ? '1 minute ago' : `${minutes} minutes ago`
}
