import { Injectable } from '@nestjs/common'

/** Something the owner of a node should hear of on the sockets of modern clients (`?v=2`). */
export interface Notice {
  /** Whose connections: those of one node, or all of an account. */
  readonly to: { readonly spkiSha256: string } | { readonly accountId: number }
  /** The frame, as the client gets it. */
  readonly frame: Readonly<Record<string, unknown>> & { readonly type: string }
}

/** Tells this instance what its connected nodes should hear. Nobody connected: nobody hears it. */
@Injectable()
export class NoticeFeed {
  private readonly listeners: ((notice: Notice) => void)[] = []

  onNotice(listener: (notice: Notice) => void): void {
    this.listeners.push(listener)
  }

  announce(notice: Notice): void {
    for (const listener of this.listeners) listener(notice)
  }
}
