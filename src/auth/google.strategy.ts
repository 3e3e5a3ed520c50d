import { Strategy } from 'passport-google-oauth20'
import { z } from 'zod'

import type { Person } from '../accounts/person.js'
import { LoginFailure } from './auth.errors.js'
import { emailSchema } from './auth.schema.js'
import { passportOptions, type TripOptions } from './provider-trip.js'

/** Google's userinfo answer (OpenID Connect Core §5.3.2). No id_token is used. */
const userSchema = z.object({
  sub: z.string().regex(/^[\x21-\x7e]{1,255}$/),
  email: emailSchema.nullable().catch(null),
  email_verified: z
    .unknown()
    .optional()
    .transform((value) => value === true || value === 'true'),
  hd: z.string().min(1).nullable().catch(null),
})

/** The way to Google and back. The only place that knows passport-google-oauth20. */
export class GoogleStrategy extends Strategy {
  constructor(private readonly trip: TripOptions) {
    super(
      { ...passportOptions(trip), scope: ['openid', 'email', 'profile'] },
      (_accessToken, _refreshToken, person, done) => done(null, person),
    )
    trip.http.serve(this._oauth2)
  }

  /** A person must click, so a page that merely navigates here gains nothing (TRUST V02). */
  override authorizationParams(): object {
    return { prompt: 'select_account' }
  }

  override userProfile(
    accessToken: string,
    done: (error?: unknown, person?: Person) => void,
  ): void {
    this.trip.http
      .getJson(this.trip.provider.userUrl, accessToken)
      .then((body) => done(null, readGooglePerson(body)))
      .catch(done)
  }
}

/** @throws LoginFailure */
export function readGooglePerson(body: unknown): Person {
  const user = userSchema.safeParse(body).data
  if (!user) throw new LoginFailure('provider_error', 'its userinfo is not as documented')
  if (user.email === null) throw new LoginFailure('no_email', 'it gave no e-mail address')
  return {
    provider: 'google',
    subject: user.sub,
    email: user.email,
    emailVerified: user.email_verified,
    linkable: user.email_verified && (user.hd !== null || /@gmail\.com$/i.test(user.email)),
  }
}
