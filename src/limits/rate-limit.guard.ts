import { type CanActivate, type ExecutionContext, Injectable, SetMetadata } from '@nestjs/common'
import { Reflector } from '@nestjs/core'
import type { FastifyRequest } from 'fastify'

import { ClientAddresses, countedAddress } from './client-address.js'
import { type LimitName, Limits } from './limits.js'

const LIMIT = 'hub:limit'

/** Which limit a route counts against; `default` unless told. */
export const RateLimit = (name: LimitName): MethodDecorator => SetMetadata(LIMIT, name)

/** For routes that CONTRACT §1 exempts. Every other route is limited; a test walks the table. */
export const Unlimited = (): MethodDecorator => SetMetadata(LIMIT, 'none')

/** The limit of a route, given its handler and its controller. */
export function limitOf(
  reflector: Reflector,
  places: Parameters<Reflector['getAllAndOverride']>[1],
) {
  return reflector.getAllAndOverride<LimitName | 'none' | undefined>(LIMIT, places) ?? 'default'
}

/** What a caller is counted by, when it is more than an address: the token guard says so. */
const callers = new WeakMap<FastifyRequest, string>()

export function countAs(request: FastifyRequest, caller: string): void {
  callers.set(request, caller)
}

/** Counts by account, else by client address. Runs after the token guard. */
@Injectable()
export class RateLimitGuard implements CanActivate {
  constructor(
    private readonly limits: Limits,
    private readonly addresses: ClientAddresses,
    private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const name = limitOf(this.reflector, [context.getHandler(), context.getClass()])
    if (name === 'none') return true
    const request: FastifyRequest = context.switchToHttp().getRequest()
    const who = callers.get(request) ?? countedAddress(this.addresses.of(request.raw))
    await this.limits.take(name, who)
    return true
  }
}
