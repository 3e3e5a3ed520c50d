import type { Secret } from '../common/secret.js'

/** Where a Redis is, and how it is entered. */
export interface RedisAddress {
  readonly host: string
  readonly port: number
  readonly isTls: boolean
  readonly username: string
  /** Empty: it asks for none. */
  readonly password: string
}

/** @param url  as HubConfig has checked it: `redis[s]://[[user]:password@]host[:port]` */
export function redisAddress(url: Secret): RedisAddress {
  const { protocol, hostname, port, username, password } = new URL(url.reveal())
  return {
    host: hostname.replace(/^\[(.+)\]$/, '$1'),
    port: Number(port || '6379'),
    isTls: protocol === 'rediss:',
    username: decodeURIComponent(username) || 'default',
    password: decodeURIComponent(password),
  }
}
