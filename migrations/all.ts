import { CreateHub1764000000000 } from './1764000000000-create-hub.js'

/** Every migration, oldest first. Never edited once released. */
export const migrations = [CreateHub1764000000000]
