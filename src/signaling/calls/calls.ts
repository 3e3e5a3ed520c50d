import { Injectable } from '@nestjs/common'

import type { Client } from '../client.js'
import type { Frame, Ref } from '../protocol/frames.js'

/** Calls of several nodes: who is in, and what they say to all. */
@Injectable()
export class Calls {
  join(client: Client, frame: Frame & { type: 'join' }): void {
    this.refuse(client, frame.ref)
  }

  leave(client: Client, frame: Frame & { type: 'leave' }): void {
    this.refuse(client, frame.ref)
  }

  close(client: Client, frame: Frame & { type: 'close' }): void {
    this.refuse(client, frame.ref)
  }

  signal(client: Client, frame: Frame & { type: 'call_signal' }): void {
    this.refuse(client, frame.ref)
  }

  private refuse(client: Client, ref: Ref | null): void {
    client.refuse({ code: 'unknown_room', message: 'this hub holds no calls yet', ref })
  }
}
