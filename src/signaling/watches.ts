import { Injectable } from '@nestjs/common'

import type { Client } from './client.js'

/** Who wants to know of which node whether it is connected. */
@Injectable()
export class Watches {
  watch(client: Client, nodeIds: readonly string[]): void {
    const message = `presence of ${nodeIds.length} nodes is not told yet`
    client.refuse({ code: 'not_allowed', message })
  }

  unwatch(client: Client, nodeIds: readonly string[]): void {
    this.watch(client, nodeIds)
  }
}
