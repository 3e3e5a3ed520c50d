/** CRC-16/XMODEM of each byte, as the cluster specification has it. */
const TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1
  return crc
})

/** The slot of a key or channel of ASCII characters without braces. */
export function slotOf(channel: string): number {
  let crc = 0
  for (let index = 0; index < channel.length; index++) {
    crc = ((crc << 8) ^ (TABLE[((crc >> 8) ^ channel.charCodeAt(index)) & 0xff] ?? 0)) & 0xffff
  }
  return crc & 16_383
}
