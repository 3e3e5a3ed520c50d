import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common'
import type { FastifyRequest } from 'fastify'

import { NotFoundError } from '../common/hub-error.js'
import { isLoopback } from '../config/address-fields.js'
import { HubConfig } from '../config/hub-config.js'

/** What proxies add: a request with one of these came from somewhere else. */
const FORWARDING = /^(?:forwarded|via|x-forwarded-.*|.*-ip)$/

/** The development provider exists for requests of this machine only; for all others it does not. */
@Injectable()
export class DevLoginGuard implements CanActivate {
  constructor(private readonly config: HubConfig) {}

  canActivate(context: ExecutionContext): boolean {
    const { headers }: FastifyRequest = context.switchToHttp().getRequest()
    const isForwarded = Object.keys(headers).some((name) => FORWARDING.test(name))
    if (!this.config.login.dev || isForwarded || !isLoopback(hostnameOf(headers.host))) {
      throw new NotFoundError('there is no such route')
    }
    return true
  }
}

/** A page of another name that resolves to 127.0.0.1 (DNS rebinding) still says its own name here. */
function hostnameOf(host = ''): string {
  return URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : ''
}
