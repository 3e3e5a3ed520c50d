import { Injectable, type OnModuleInit } from '@nestjs/common'

import { Instances } from '../instances/instances.js'

/** What only modern clients are told (CONTRACT §3; `node_rotation` is this hub's own). */
export type NoticeFrame =
  | { readonly type: 'keys_low'; readonly count: number }
  | {
      readonly type: 'node_rotation'
      readonly node_id: string
      readonly new_node_id: string
      readonly effective_at: string
    }

/** Something the owner of a node should hear of on the sockets of modern clients (`?v=2`). */
export interface Notice {
  /** Whose connections: those of one node, or all of an account. */
  readonly to: { readonly spkiSha256: string } | { readonly accountId: number }
  readonly frame: NoticeFrame
}

/** Tells every instance what the nodes connected to it should hear. Nobody connected: nobody hears it. */
@Injectable()
export class NoticeFeed implements OnModuleInit {
  private readonly listeners: ((notice: Notice) => void)[] = []

  constructor(private readonly instances: Instances) {}

  onModuleInit(): void {
    this.instances.on('notice', ({ to, frame }) => this.pass({ to, frame }))
  }

  onNotice(listener: (notice: Notice) => void): void {
    this.listeners.push(listener)
  }

  announce(notice: Notice): void {
    this.pass(notice)
    this.instances.tellAll({ kind: 'notice', ...notice })
  }

  private pass(notice: Notice): void {
    for (const listener of this.listeners) listener(notice)
  }
}
