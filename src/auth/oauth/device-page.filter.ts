import { Catch } from '@nestjs/common'
import type { FastifyReply, FastifyRequest } from 'fastify'

import { type HubError } from '../../common/hub-error.js'
import { errorHeaders, HubErrorFilter } from '../../common/hub-error.filter.js'
import { PAGE_HEADERS } from '../../common/html.js'
import { InvalidUserCodeError } from './device.errors.js'
import { codePage, problemPage } from './device.page.js'

/** A person who sits at a page is answered with one; programs get the one error body. */
@Catch()
export class DevicePageFilter extends HubErrorFilter {
  protected override answer(error: HubError, request: FastifyRequest, reply: FastifyReply): void {
    if (!(request.headers.accept ?? '').includes('text/html')) {
      super.answer(error, request, reply)
      return
    }
    const { message } = error
    const text =
      error instanceof InvalidUserCodeError
        ? codePage({ userCode: null, problem: sentence(message) })
        : problemPage(sentence(message))
    void reply
      .status(error.status)
      .headers({ ...errorHeaders(error), ...PAGE_HEADERS })
      .send(text)
  }
}

/** The error bodies' details begin small and end without a full stop. */
function sentence(detail: string): string {
  return `${detail.charAt(0).toUpperCase()}${detail.slice(1)}.`
}
