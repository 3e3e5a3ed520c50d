import { Controller, Get, Header, Param, Res } from '@nestjs/common'
import type { FastifyReply } from 'fastify'

import { NotFoundError } from '../common/hub-error.js'
import { HubConfig } from '../config/hub-config.js'
import { Public } from '../tokens/decorators.js'
import { ApiDocument } from './api-document.js'
import { DOCS_PAGE_POLICY, docsFile, docsPage } from './docs.page.js'

/**
 * The OpenAPI document and its reader. Routes of our own rather than Swagger's, which would stand
 * beside the guards: these are limited like every other route.
 */
@Public()
@Controller()
export class DocsController {
  constructor(
    private readonly document: ApiDocument,
    private readonly config: HubConfig,
  ) {}

  @Get('api/openapi.json')
  @Header('content-type', 'application/json; charset=utf-8')
  openapi(): Promise<string> {
    return this.document.text()
  }

  @Get('docs')
  @Header('content-type', 'text/html; charset=utf-8')
  @Header('content-security-policy', DOCS_PAGE_POLICY)
  page(): string {
    return docsPage(this.config)
  }

  /** What the page loads: a fixed list, no directory. */
  @Get('docs/:file')
  async file(@Param('file') name: string, @Res() reply: FastifyReply): Promise<void> {
    const file = await docsFile(name)
    if (!file) throw new NotFoundError('the docs have no such file')
    await reply
      .headers({ 'content-type': file.type, 'cache-control': 'public, max-age=3600' })
      .send(file.content)
  }
}
