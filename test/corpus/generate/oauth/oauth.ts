import { codeCases } from './codes.js'
import { classicCases, providerCases } from './doors.js'
import { dpopTokenCases } from './dpop-tokens.js'
import { inspectionCases } from './inspections.js'
import { mixUpCases } from './mix-ups.js'
import type { OAuthFile } from './oauth-case.js'
import { pkceCases } from './pkce.js'
import { redirectCases } from './redirects.js'
import { stateCases } from './states.js'
import { tokenRequestCases } from './token-requests.js'

/** Where a class of cases lies. */
export function oauthFileOf(name: string): URL {
  return new URL(`../../oauth/${name}.json`, import.meta.url)
}

export function makeOAuthFiles(): readonly OAuthFile[] {
  return [
    stateCases(),
    codeCases(),
    pkceCases(),
    redirectCases(),
    mixUpCases(),
    providerCases(),
    classicCases(),
    tokenRequestCases(),
    inspectionCases(),
    dpopTokenCases(),
  ]
}

export function textOf(file: OAuthFile): string {
  return `${JSON.stringify(file, null, 1)}\n`
}
