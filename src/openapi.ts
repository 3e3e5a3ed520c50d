import type { NestFastifyApplication } from '@nestjs/platform-fastify'

import { ApiDocument } from './docs/api-document.js'

/** Lets `GET /api/openapi.json` describe this app, every route it has. */
export function describeApi(app: NestFastifyApplication): void {
  app.get(ApiDocument).describe(app)
}
