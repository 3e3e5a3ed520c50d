import { Controller, Delete, Get, Header, HttpCode } from '@nestjs/common'

import { HubConfig } from '../config/hub-config.js'
import type { Actor } from '../identity/actor.js'
import { RateLimit } from '../limits/rate-limit.guard.js'
import { CurrentActor } from '../tokens/decorators.js'
import { SessionEndedError } from '../tokens/tokens.errors.js'
import { AccountDeletion, type DeletionReceipt } from './account-deletion.js'
import { AccountExporter } from './account-export.js'
import type { ExportAnswer, ReceiptAnswer } from './me.schema.js'

const KEPT = 'node tombstone'
const WHY_KEPT =
  'a keyed hash of the node and of who you are at your provider, so that for 30 days nobody but you registers it without its key'

/** All that the hub has of the caller: to take along, and to take away. */
@Controller('me')
export class MeController {
  constructor(
    private readonly exporter: AccountExporter,
    private readonly deletion: AccountDeletion,
    private readonly config: HubConfig,
  ) {}

  @Get('export')
  @RateLimit('export')
  @Header('content-disposition', 'attachment; filename="hub-account.json"')
  async export(@CurrentActor() { accountId }: Actor): Promise<ExportAnswer> {
    const { exportedAt, tables } = await this.exporter.export(accountId)
    return {
      exported_at: exportedAt.toISOString(),
      hub: this.config.http.publicUrl,
      account_id: accountId,
      tables: Object.fromEntries(tables),
    }
  }

  @Delete()
  @HttpCode(200)
  @RateLimit('delete')
  async delete(@CurrentActor() actor: Actor): Promise<ReceiptAnswer> {
    const receipt = await this.deletion.delete(actor)
    if (!receipt) throw new SessionEndedError()
    return answerOf(receipt)
  }
}

function answerOf({ id, accountId, deletedAt, erased, kept }: DeletionReceipt): ReceiptAnswer {
  return {
    receipt_id: id,
    account_id: accountId,
    deleted_at: deletedAt.toISOString(),
    erased,
    kept: kept
      ? [{ what: KEPT, count: kept.nodes, until: kept.until.toISOString(), why: WHY_KEPT }]
      : [],
  }
}
