import type { Environment, VariableName } from './environment.js'
import { isLoopback } from './address-fields.js'

interface CrossCheck {
  /** Left out when one of these is at fault itself: its value is not known. */
  readonly reads: readonly VariableName[]
  /** `VARIABLE: fault; mend`, or null. */
  fault(values: Environment): string | null
}

/** What is wrong between variables that are each well-formed. */
export function crossFaults(values: Environment, broken: ReadonlySet<string>): string[] {
  return CHECKS.filter(({ reads }) => !reads.some((name) => broken.has(name)))
    .map((check) => check.fault(values))
    .filter((fault) => fault !== null)
}

const CHECKS: readonly CrossCheck[] = [
  {
    reads: ['NODE_ENV', 'SECRET_KEY'],
    fault: ({ NODE_ENV, SECRET_KEY }) =>
      NODE_ENV === 'production' && !SECRET_KEY
        ? 'SECRET_KEY: is missing, and production generates none; set it to the output of: openssl rand -base64 48'
        : null,
  },
  {
    reads: ['SECRET_KEY', 'SECRET_KEY_PREVIOUS'],
    fault: ({ SECRET_KEY, SECRET_KEY_PREVIOUS }) =>
      SECRET_KEY_PREVIOUS && SECRET_KEY_PREVIOUS.reveal() === SECRET_KEY?.reveal()
        ? 'SECRET_KEY_PREVIOUS: is the same as SECRET_KEY; set it to the key used before, or unset it'
        : null,
  },
  {
    reads: ['NODE_ENV', 'PUBLIC_URL'],
    fault: ({ NODE_ENV, PUBLIC_URL }) => {
      if (NODE_ENV !== 'production' || PUBLIC_URL?.startsWith('https:')) return null
      const fault = PUBLIC_URL ? 'is plain http' : 'is missing'
      return `PUBLIC_URL: ${fault}, and production needs TLS; set the address clients use, such as https://hub.example`
    },
  },
  {
    reads: ['NODE_ENV', 'DATABASE_URL', 'ALLOW_EMBEDDED_DATABASE'],
    fault: ({ NODE_ENV, DATABASE_URL, ALLOW_EMBEDDED_DATABASE }) =>
      NODE_ENV === 'production' && !DATABASE_URL && !ALLOW_EMBEDDED_DATABASE
        ? 'DATABASE_URL: is missing; set postgresql://user:password@host:5432/name, or ALLOW_EMBEDDED_DATABASE=true to keep the data in DATA_DIR'
        : null,
  },
  {
    reads: ['DATABASE_URL', 'DATABASE_REPLICA_URL'],
    fault: ({ DATABASE_URL, DATABASE_REPLICA_URL }) =>
      DATABASE_REPLICA_URL && !DATABASE_URL
        ? 'DATABASE_REPLICA_URL: is set without DATABASE_URL; set both, or only DATABASE_URL'
        : null,
  },
  {
    reads: ['DATABASE_SSL', 'DATABASE_URL', 'DATABASE_REPLICA_URL'],
    fault: ({ DATABASE_SSL, DATABASE_URL, DATABASE_REPLICA_URL }) => {
      const said = [DATABASE_SSL, DATABASE_URL?.ssl, DATABASE_REPLICA_URL?.ssl]
      return new Set(said.filter((ssl) => typeof ssl === 'string')).size > 1
        ? 'DATABASE_SSL: differs from the sslmode in a database URL; say it once, in DATABASE_SSL'
        : null
    },
  },
  bothOrNeither('GOOGLE_CLIENT_ID', 'GOOGLE_CLIENT_SECRET'),
  bothOrNeither('GITHUB_CLIENT_ID', 'GITHUB_CLIENT_SECRET'),
  bothOrNeither('TURN_URLS', 'TURN_SECRET'),
  encryptedInProduction('GOOGLE_AUTHORIZATION_URL'),
  encryptedInProduction('GOOGLE_TOKEN_URL'),
  encryptedInProduction('GOOGLE_USERINFO_URL'),
  encryptedInProduction('GITHUB_AUTHORIZATION_URL'),
  encryptedInProduction('GITHUB_TOKEN_URL'),
  encryptedInProduction('GITHUB_USER_URL'),
  encryptedInProduction('GITHUB_EMAILS_URL'),
  {
    reads: ['WEBSOCKET_MAX_FRAME_BYTES', 'WEBSOCKET_MAX_QUEUED_BYTES'],
    fault: ({ WEBSOCKET_MAX_FRAME_BYTES: frame, WEBSOCKET_MAX_QUEUED_BYTES: queued }) =>
      queued < frame
        ? `WEBSOCKET_MAX_QUEUED_BYTES: is ${queued}, less than one frame; use at least WEBSOCKET_MAX_FRAME_BYTES (${frame})`
        : null,
  },
  {
    reads: ['PORT', 'PUBLIC_URL'],
    fault: ({ PORT, PUBLIC_URL }) =>
      PORT === 0 && !PUBLIC_URL
        ? 'PUBLIC_URL: is missing, and with PORT=0 (any free port) nothing tells it; set the address clients use, or a port'
        : null,
  },
  {
    reads: ['PORT', 'METRICS_PORT'],
    fault: ({ PORT, METRICS_PORT }) =>
      METRICS_PORT !== null && METRICS_PORT !== 0 && METRICS_PORT === PORT
        ? 'METRICS_PORT: is the same as PORT; use another port, or only METRICS_TOKEN'
        : null,
  },
]

function bothOrNeither(first: VariableName, second: VariableName): CrossCheck {
  return {
    reads: [first, second],
    fault: (values) => {
      if ((values[first] === null) === (values[second] === null)) return null
      const [there, missing] = values[first] === null ? [second, first] : [first, second]
      return `${missing}: is missing while ${there} is set; set both or neither`
    },
  }
}

type ProviderUrlName = Extract<VariableName, `${'GOOGLE' | 'GITHUB'}_${string}_URL`>

function encryptedInProduction(name: ProviderUrlName): CrossCheck {
  return {
    reads: ['NODE_ENV', name],
    fault: (values) => {
      const url = new URL(values[name])
      return values.NODE_ENV === 'production' &&
        url.protocol !== 'https:' &&
        !isLoopback(url.hostname)
        ? `${name}: is plain http, and production sends secrets there; use an https URL`
        : null
    },
  }
}
