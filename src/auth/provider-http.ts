import { z } from 'zod'

import { LoginFailure } from './auth.errors.js'

/** For everything a provider is asked within one login (CONTRACT §4.11). */
const DEADLINE_MS = 10_000
/** An account's list of addresses is a few kilobytes. */
const MAX_ANSWER_BYTES = 256 * 1_024

/** How the `oauth` library wants to be answered. */
type Done = (error: unknown, body?: string) => void

/**
 * HTTP to one provider for one login, under one deadline.
 *
 * It replaces the sender of the `oauth` library below passport, which has no time-out, no limit on
 * what it reads, and lets an exception from a strange answer end the process.
 */
export class ProviderHttp {
  private readonly deadline: AbortSignal

  constructor(deadlineMs = DEADLINE_MS) {
    this.deadline = AbortSignal.timeout(deadlineMs)
  }

  /** @param oauth2 a strategy's `_oauth2`; its `_request` is what subclasses may override */
  serve(oauth2: object): void {
    Object.assign(oauth2, {
      _request: (
        method: string,
        url: string,
        headers: Record<string, string>,
        body: string,
        _accessToken: null,
        done: Done,
      ): void => {
        this.send(url, headers, { method, ...(method === 'POST' ? { body } : {}) })
          .then((text) => done(null, text))
          .catch(done)
      },
    })
  }

  /** @throws LoginFailure */
  async getJson(url: string, accessToken: string): Promise<unknown> {
    const text = await this.send(url, { authorization: `Bearer ${accessToken}` })
    const body = parse(text)
    if (body === undefined) throw new LoginFailure('provider_error', 'its answer is no JSON')
    return body
  }

  private async send(
    url: string,
    headers: Record<string, string>,
    request: Pick<RequestInit, 'method' | 'body'> = {},
  ): Promise<string> {
    try {
      const response = await fetch(url, {
        ...request,
        headers: { ...headers, accept: 'application/json', 'user-agent': 'dpc-federation-hub' },
        redirect: 'manual',
        signal: this.deadline,
      })
      const text = await textOf(response)
      const refusal = refusalIn(text)
      if (response.ok && refusal === null) return text
      throw new LoginFailure(
        'provider_error',
        `it answered ${response.status}${refusal === null ? '' : ` ${refusal}`}`,
      )
    } catch (error) {
      throw this.failureOf(error)
    }
  }

  private failureOf(error: unknown): LoginFailure {
    if (error instanceof LoginFailure) return error
    return this.deadline.aborted
      ? new LoginFailure('provider_timeout', 'it did not answer in time', { cause: error })
      : new LoginFailure('provider_unreachable', 'no connection, or it broke', { cause: error })
  }
}

async function textOf(response: Response): Promise<string> {
  if (!response.body) return ''
  const body: AsyncIterable<Uint8Array> = response.body
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.byteLength
    if (size > MAX_ANSWER_BYTES) throw new LoginFailure('provider_error', 'its answer is too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** RFC 6749 §5.2; GitHub sends it with 200. Only words made like error codes reach the log. */
const refusalSchema = z.object({ error: z.string().regex(/^[a-z_]{1,40}$/) })

function refusalIn(text: string): string | null {
  return refusalSchema.safeParse(parse(text)).data?.error ?? null
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
