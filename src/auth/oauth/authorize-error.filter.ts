import { Catch } from '@nestjs/common'
import type { FastifyReply, FastifyRequest } from 'fastify'

import { errorHeaders, HubErrorFilter } from '../../common/hub-error.filter.js'
import type { HubError } from '../../common/hub-error.js'
import { markup, page, PAGE_HEADERS } from '../../common/html.js'

/** A page for a person who was sent here by a client that is not known; programs get the error body. */
@Catch()
export class AuthorizeErrorFilter extends HubErrorFilter {
  protected override answer(error: HubError, request: FastifyRequest, reply: FastifyReply): void {
    if (!(request.headers.accept ?? '').includes('text/html')) {
      super.answer(error, request, reply)
      return
    }
    const text = page(
      'This login cannot begin',
      markup`<p class="note" role="alert">${error.message}</p>
<p>Go back to the program that opened this page, and begin again from there.</p>`,
    )
    void reply
      .status(error.status)
      .headers({ ...errorHeaders(error), ...PAGE_HEADERS })
      .send(text)
  }
}
