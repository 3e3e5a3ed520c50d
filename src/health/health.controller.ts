import { Controller, Get, Header } from '@nestjs/common'
import { z } from 'zod'

import { Clock } from '../common/clock.js'
import { UnavailableError } from '../common/hub-error.js'
import { within } from '../common/within.js'
import { HubConfig } from '../config/hub-config.js'
import { Database } from '../database/database.js'
import { RateLimit, Unlimited } from '../limits/rate-limit.guard.js'
import { ConnectionRegistry } from '../routing/connection-registry.js'
import { Public } from '../tokens/decorators.js'
import { SessionMemory } from '../tokens/session-memory.js'

/** How long Postgres may take to say that it is there. */
const DATABASE_PATIENCE_MS = 700

export const rootAnswer = z.strictObject({
  status: z.literal('ok'),
  project: z.string(),
  version: z.string(),
  source_url: z.url(),
})

export const healthAnswer = z.strictObject({
  status: z.enum(['healthy', 'degraded']),
  version: z.string(),
  database: z.enum(['healthy', 'unhealthy']),
  websocket_connections: z.int(),
  blacklist_size: z.int(),
  uptime_seconds: z.number(),
})

@Controller()
@Public()
export class HealthController {
  private lastProbe: { readonly at: number; readonly isHealthy: Promise<boolean> } | null = null

  constructor(
    private readonly config: HubConfig,
    private readonly database: Database,
    private readonly connections: ConnectionRegistry,
    private readonly memory: SessionMemory,
    private readonly clock: Clock,
  ) {}

  @Get()
  root(): z.output<typeof rootAnswer> {
    const { appName, version, sourceUrl } = this.config
    return { status: 'ok', project: appName, version, source_url: sourceUrl }
  }

  /** Answers within a second whatever Postgres does. */
  @Get('health')
  @Unlimited()
  async health(): Promise<z.output<typeof healthAnswer>> {
    const isHealthy = await this.probe()
    return {
      status: isHealthy ? 'healthy' : 'degraded',
      version: this.config.version,
      database: isHealthy ? 'healthy' : 'unhealthy',
      websocket_connections: this.connections.size,
      blacklist_size: this.memory.endedCount,
      uptime_seconds: process.uptime(),
    }
  }

  /** The process answers: restart it when this does not. */
  @Get('livez')
  @RateLimit('probe')
  @Header('content-type', 'text/plain; charset=utf-8')
  live(): string {
    return 'ok\n'
  }

  /** Send it traffic only while this is 200. */
  @Get('readyz')
  @RateLimit('probe')
  @Header('content-type', 'text/plain; charset=utf-8')
  async ready(): Promise<string> {
    if (this.connections.isDraining) throw new UnavailableError('this instance is stopping')
    if (!(await this.probe())) throw new UnavailableError()
    return 'ok\n'
  }

  /** Asks Postgres at most once a second, however often it is called: these routes have no limit. */
  private probe(): Promise<boolean> {
    const now = this.clock.now()
    if (!this.lastProbe || now - this.lastProbe.at >= 1_000 || now < this.lastProbe.at) {
      this.lastProbe = { at: now, isHealthy: this.askPostgres() }
    }
    return this.lastProbe.isHealthy
  }

  private askPostgres(): Promise<boolean> {
    return within(
      DATABASE_PATIENCE_MS,
      this.database.reserved.rows('SELECT 1'),
      () => new UnavailableError(),
    ).then(
      () => true,
      () => false,
    )
  }
}
