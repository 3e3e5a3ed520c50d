import { Strategy } from 'passport-github2'
import { z } from 'zod'

import type { Person } from '../accounts/person.js'
import { LoginFailure } from './auth.errors.js'
import { emailSchema } from './auth.schema.js'
import { passportOptions, type TripOptions } from './provider-trip.js'

/** A number beyond 2^53 has lost digits on its way through JSON: such an id may be another person's. */
const userSchema = z.object({
  id: z.union([z.int().positive(), z.string().regex(/^[1-9][0-9]{0,19}$/)]).transform(String),
})

const emailsSchema = z.array(
  z.object({
    email: emailSchema.nullable().catch(null),
    primary: z.boolean(),
    verified: z.boolean(),
  }),
)

type Done = (error: Error | null, person?: Person) => void

/**
 * The way to GitHub and back. The only place that knows passport-github2, which would hand over the
 * primary address without asking whether it is verified (CONTRACT §4.11).
 */
export class GithubStrategy extends Strategy {
  constructor(private readonly trip: TripOptions) {
    super(
      { ...passportOptions(trip), scope: ['user:email'] },
      (_accessToken: string, _refreshToken: string, person: Person, done: Done) =>
        done(null, person),
    )
    trip.http.serve(this._oauth2)
  }

  /** A person must click, so a page that merely navigates here gains nothing (TRUST V02). */
  override authorizationParams(): object {
    return { prompt: 'select_account' }
  }

  override userProfile(accessToken: string, done: Done): void {
    this.readPerson(accessToken)
      .then((person) => done(null, person))
      .catch(done)
  }

  private async readPerson(accessToken: string): Promise<Person> {
    const { http, provider } = this.trip
    const user = await http.getJson(provider.userUrl, accessToken)
    const emails = await http.getJson(
      provider.emailsUrl ?? `${provider.userUrl}/emails`,
      accessToken,
    )
    return readGithubPerson(user, emails)
  }
}

/**
 * The address is the primary one if it is verified, else any verified one. `/user` shows none of a
 * person who keeps it private, and an unverified one proves nothing: neither is looked at.
 *
 * @throws LoginFailure
 */
export function readGithubPerson(userBody: unknown, emailsBody: unknown): Person {
  const user = userSchema.safeParse(userBody).data
  if (!user) throw new LoginFailure('provider_error', 'its user is not as documented')
  const emails = emailsSchema.safeParse(emailsBody).data
  if (!emails)
    throw new LoginFailure('provider_error', 'its list of addresses is not as documented')
  const verified = emails.flatMap(({ email, primary, verified: isVerified }) =>
    email !== null && isVerified ? [{ email, primary }] : [],
  )
  const best = verified.find(({ primary }) => primary) ?? verified[0]
  if (!best) throw new LoginFailure('no_email', 'it gave no verified e-mail address')
  return {
    provider: 'github',
    subject: user.id,
    email: best.email,
    emailVerified: true,
    linkable: best.primary,
  }
}
