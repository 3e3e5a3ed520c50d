import type { NestFastifyApplication } from '@nestjs/platform-fastify'

import type { HubConfig } from './config/hub-config.js'

/** Serves the OpenAPI document and its reader. */
export function describeApi(_app: NestFastifyApplication, _config: HubConfig): void {
  // Filled in with the routes.
}
