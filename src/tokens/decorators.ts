import { createParamDecorator, type ExecutionContext, SetMetadata } from '@nestjs/common'
import type { FastifyRequest } from 'fastify'

import type { Actor } from '../identity/actor.js'
import { InvalidTokenError } from './tokens.errors.js'

export const PUBLIC = 'hub:public'

/** Opens a route to callers without a token; without it a route is closed. */
export const Public = (): MethodDecorator & ClassDecorator => SetMetadata(PUBLIC, true)

/** Whoever the token guard found; kept beside the request, not on it. */
const actors = new WeakMap<FastifyRequest, Actor>()

export function setActor(request: FastifyRequest, actor: Actor): void {
  actors.set(request, actor)
}

export function actorOf(request: FastifyRequest): Actor | null {
  return actors.get(request) ?? null
}

/** The caller, in a controller's parameters. */
export const CurrentActor = createParamDecorator((_data: unknown, context: ExecutionContext) => {
  const actor = actorOf(context.switchToHttp().getRequest())
  if (!actor) throw new InvalidTokenError()
  return actor
})
