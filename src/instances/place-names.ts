import type { DataKey } from '../database/data-key.js'
import type { Place } from './bus.js'

const MAX_KNOWN = 10_000

/** Places as they stand on the carrier: whose they are is told by the data key alone. */
export class PlaceNames {
  /** So that the place of a frame's target is not computed for each frame. */
  private readonly known = new Map<string, Place>()

  constructor(private readonly dataKey: DataKey) {}

  of(kind: 'node' | 'call', id: string): Place {
    const name = `${kind}:${id}`
    const known = this.known.get(name)
    if (known !== undefined) return known
    const place = this.dataKey.mac('place', name).toString('base64url', 0, 16)
    if (this.known.size >= MAX_KNOWN) this.known.clear()
    this.known.set(name, place)
    return place
  }
}
