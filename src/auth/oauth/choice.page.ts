import type { ProviderName } from '../../accounts/person.js'
import { markup, page } from '../../common/html.js'
import type { ClientId } from './clients.js'

const PROVIDERS: Record<ProviderName, string> = { google: 'Google', github: 'GitHub' }
const CLIENTS: Record<ClientId, string> = {
  desktop: 'the desktop client on this computer',
  web: 'this hub’s console',
}

/** Which provider to log in with, when the client has not said. */
export function choicePage(
  client: ClientId,
  choices: readonly { provider: ProviderName; url: string }[],
): string {
  return page(
    'Log in',
    markup`<p>You are logging in to ${CLIENTS[client]}.</p>
${choices.map(({ provider, url }) => markup`<p><a class="button" href="${url}">Log in with ${PROVIDERS[provider]}</a></p>`)}
<p>If you did not start this yourself, close this page. Nothing has happened.</p>`,
  )
}
