import { Body, Controller, Get, HttpCode, Post, Query, Req, Res, UseFilters } from '@nestjs/common'
import type { FastifyReply, FastifyRequest } from 'fastify'

import { Clock } from '../../common/clock.js'
import { InvalidRequestError } from '../../common/hub-error.js'
import { PAGE_HEADERS } from '../../common/html.js'
import { HubConfig } from '../../config/hub-config.js'
import { ClientAddresses, coarsePlace, countedAddress } from '../../limits/client-address.js'
import { Limits } from '../../limits/limits.js'
import { RateLimit } from '../../limits/rate-limit.guard.js'
import { Public } from '../../tokens/decorators.js'
import { isAskedAt } from '../asked-at.js'
import { LOGIN_FAILURES } from '../auth.errors.js'
import { BrowserCookie } from '../browser-cookie.js'
import { DeviceApproval } from './device-approval.service.js'
import type { PendingDevice } from './device-code.store.js'
import { DevicePageFilter } from './device-page.filter.js'
import { readUserCode } from './device-user-code.js'
import { type AskingDevice, codePage, confirmPage, devicePage, donePage } from './device.page.js'
import {
  type ConfirmationBody,
  confirmationBody,
  type ConfirmationQuery,
  confirmationQuery,
  type DevicePageQuery,
  devicePageQuery,
  type UserCodeBody,
  userCodeBody,
} from './device.schema.js'

const MINUTE_MS = 60_000
/** What browsers say of a form on a page of the hub, and of what a person did by hand. */
const OWN_SITES: readonly unknown[] = ['same-origin', 'none']

/** The pages that a person connects a device at (RFC 8628 §3.3). */
@Public()
@UseFilters(DevicePageFilter)
@Controller('device')
export class DevicePageController {
  private readonly cookie: BrowserCookie

  constructor(
    private readonly approval: DeviceApproval,
    private readonly addresses: ClientAddresses,
    private readonly limits: Limits,
    private readonly config: HubConfig,
    private readonly clock: Clock,
  ) {
    this.cookie = new BrowserCookie(config.http.publicUrl)
  }

  /** A code in the address is filled in, and waits for the person to go on with it (RFC 8628 §3.3.1). */
  @Get()
  @RateLimit('page')
  async ask(
    @Query({ schema: devicePageQuery }) { typed, failure }: DevicePageQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { publicUrl } = this.config.http
    if (!isAskedAt(publicUrl, request)) {
      // The cookie must be set where the provider will send the browser back to.
      const { search } = new URL(request.originalUrl, publicUrl)
      await reply.redirect(`${publicUrl}/device${search}`, 302)
      return
    }
    const problem =
      failure && `${LOGIN_FAILURES[failure]} Your device still waits: you can begin again.`
    await send(reply, codePage({ userCode: readUserCode(typed), problem }))
  }

  /** Every code typed counts, so that nobody tries them out (RFC 8628 §5.1); what other sites send does not. */
  @Post()
  @HttpCode(200)
  @RateLimit('page')
  async show(
    @Body({ schema: userCodeBody }) { typed }: UserCodeBody,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    this.refuseForeignForm(request)
    await this.limits.take('typed_user_code', countedAddress(this.addresses.of(request.raw)))
    const device = await this.approval.waiting(typed)
    const secret = this.cookie.read(request.headers.cookie) ?? this.cookie.makeSecret()
    const logins = await this.approval.logins(device, secret)
    void reply.header('set-cookie', this.cookie.write(secret))
    await send(reply, devicePage(this.describe(device, request), logins))
  }

  @Get('confirm')
  @RateLimit('page')
  async question(
    @Query({ schema: confirmationQuery }) { state }: ConfirmationQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const secret = this.cookie.read(request.headers.cookie)
    const { device, ...who } = await this.approval.question(state, secret)
    // As long as the question stands, so does the cookie that its answer needs.
    if (secret !== null) void reply.header('set-cookie', this.cookie.write(secret))
    await send(reply, confirmPage(this.describe(device, request), { ...who, state }))
  }

  @Post('confirm')
  @HttpCode(200)
  @RateLimit('page')
  async decide(
    @Body({ schema: confirmationBody }) { state, decision }: ConfirmationBody,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    this.refuseForeignForm(request)
    const secret = this.cookie.read(request.headers.cookie)
    await this.approval.decide(state, secret, decision === 'approve' ? 'approved' : 'denied')
    await send(reply, donePage(decision))
  }

  /** Browsers say where a form comes from; what else is sent here carries a secret no other site has. */
  private refuseForeignForm({ headers }: FastifyRequest): void {
    const site = headers['sec-fetch-site']
    const isForeign =
      (site !== undefined && !OWN_SITES.includes(site)) ||
      (headers.origin !== undefined &&
        headers.origin !== new URL(this.config.http.publicUrl).origin)
    if (isForeign) {
      throw new InvalidRequestError('this form is for the page of this hub only: open it here')
    }
  }

  private describe(device: PendingDevice, { raw }: FastifyRequest): AskingDevice {
    const { userCode, client, place, createdAt } = device
    return {
      userCode,
      client,
      place,
      ownPlace: coarsePlace(this.addresses.of(raw)),
      minutesAgo: Math.floor((this.clock.now() - createdAt.getTime()) / MINUTE_MS),
    }
  }
}

async function send(reply: FastifyReply, page: string): Promise<void> {
  await reply.headers(PAGE_HEADERS).send(page)
}
