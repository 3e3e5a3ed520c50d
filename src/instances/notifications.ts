/** A NOTIFY takes fewer than 8000 bytes of text. Divisible by 3, so that each piece is base64 by itself. */
const PIECE_BYTES = 5_940
/** Of a message in pieces; nothing that long is sent. */
const MAX_PIECES = 4_096

/**
 * The payloads that carry one message: `<number>:<base64>`, or for a long one `<number>+<base64>` for each
 * piece but the last. Postgres drops a payload that one transaction sends twice: the numbers differ.
 */
export function notificationsOf(number: number, bytes: Buffer): string[] {
  const name = number.toString(36)
  if (bytes.length <= PIECE_BYTES) return [`${name}:${bytes.toString('base64')}`]
  const payloads: string[] = []
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    const sign = at + PIECE_BYTES < bytes.length ? '+' : ':'
    payloads.push(`${name}${sign}${bytes.toString('base64', at, at + PIECE_BYTES)}`)
  }
  return payloads
}

/** Puts messages together again. The pieces of one arrive in a row: they were sent in one transaction. */
export class NotificationReader {
  private name = ''
  private pieces: Buffer[] = []

  /** The message that this payload completes, if it does. */
  read(backend: number, payload: string): Buffer | null {
    const mark = payload.search(/[:+]/)
    const name = `${backend} ${payload.slice(0, mark)}`
    const piece = Buffer.from(payload.slice(mark + 1), 'base64')
    if (name !== this.name) this.pieces = []
    this.name = name
    if (payload[mark] === '+') {
      if (this.pieces.length < MAX_PIECES) this.pieces.push(piece)
      return null
    }
    if (this.pieces.length === 0) return piece
    const whole = Buffer.concat([...this.pieces, piece])
    this.pieces = []
    return whole
  }
}
