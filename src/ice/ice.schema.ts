import { z } from 'zod'

/** One entry as `RTCPeerConnection` takes it: STUN without credentials, TURN with both. */
const iceServer = z.strictObject({
  urls: z.array(z.string()).min(1),
  username: z.string().optional(),
  credential: z.string().optional(),
})

/** GET /ice-servers; `auth_ok` and `ice_servers` frames carry the same. */
export const iceServersAnswer = z.strictObject({
  ice_servers: z.array(iceServer),
  ttl_seconds: z.int().meta({ description: 'How long the list is good; ask again before' }),
})

export type IceServer = z.output<typeof iceServer>
export type IceServersAnswer = z.output<typeof iceServersAnswer>
