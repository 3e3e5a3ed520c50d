/** The providers people log in with (CONTRACT §1). */
export const PROVIDER_NAMES = ['google', 'github'] as const

export type ProviderName = (typeof PROVIDER_NAMES)[number]

/** A person as one provider knows them: `provider` and `subject` never change, the e-mail may. */
export interface Person {
  readonly provider: ProviderName
  /** Google's `sub`, GitHub's numeric id. */
  readonly subject: string
  readonly email: string
  readonly emailVerified: boolean
  /**
   * This provider's half of CONTRACT §4.9 holds: Google is authoritative for the verified address,
   * or it is GitHub's primary and verified one.
   */
  readonly linkable: boolean
}

/**
 * One spelling for each address: what is compared, never what is shown. Only ASCII is folded: other
 * letters that fold to it (the Kelvin sign) are another address.
 */
export function canonicalEmail(email: string): string {
  return email
    .trim()
    .normalize('NFC')
    .replace(/[A-Z]/g, (letter) => letter.toLowerCase())
}
