/** Every code the hub closes a socket with (CONTRACT §3). 4000–4499: reconnect with back-off; 4500–4999: do not. */
export const closeCodes = {
  goingAway: 1001,
  policyViolation: 1008,
  tooBig: 1009,
  restart: 1012,
  tryAgainLater: 1013,
  sessionExpired: 4401,
  authenticationTimeout: 4408,
  replaced: 4500,
  sessionRevoked: 4501,
  nodeReleased: 4502,
  accountDeleted: 4503,
} as const

export type CloseCode = (typeof closeCodes)[keyof typeof closeCodes]
