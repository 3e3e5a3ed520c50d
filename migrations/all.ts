import { CreateHub1764000000000 } from './1764000000000-create-hub.js'
import { Signaling1765400000000 } from './1765400000000-signaling.js'
import { Discovery1765900000000 } from './1765900000000-discovery.js'
import { Trust1764800000000 } from './1764800000000-trust.js'

/** Every migration, oldest first. Never edited once released. */
export const migrations = [
  CreateHub1764000000000,
  Trust1764800000000,
  Signaling1765400000000,
  Discovery1765900000000,
]
