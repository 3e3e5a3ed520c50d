/** The signaling server that PeerJS ships (npm's `peer`), with limits nobody meets. */
import { PeerServer } from 'peer'

PeerServer({
  host: '127.0.0.1',
  port: Number(process.env.PORT),
  path: '/',
  // 5,000 by default.
  concurrent_limit: 100_000,
  // Its clients must speak every 90 s by default; the driver's say nothing of themselves.
  alive_timeout: 3_600_000,
})

process.once('SIGTERM', () => process.exit(0))
