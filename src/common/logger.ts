import { Writable } from 'node:stream'

import type { LoggerService } from '@nestjs/common'
import { type Logger as Pino, pino } from 'pino'
import { z } from 'zod'

export interface LogOptions {
  readonly level: string
  readonly format: 'pretty' | 'json'
  /** Where lines go; standard output unless told. */
  readonly destination?: { write(line: string): void }
}

/**
 * The hub's log. Structured; one line an event; values are escaped.
 *
 * NOTE: never give it a node id, token, e-mail address, certificate, SDP, SQL parameter, query
 * string or path: what is not passed in cannot leak. `failure` therefore logs an error's name,
 * message and stack, and of its cause only the name, code and stack frames.
 */
export class Logger implements LoggerService {
  private readonly pino: Pino

  constructor(options: LogOptions) {
    const target = options.destination ?? process.stdout
    this.pino = pino(
      { level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
      options.format === 'json' ? target : new PrettyLines(target),
    )
  }

  info(event: string, fields: Fields = {}): void {
    this.pino.info(fields, event)
  }

  trace(event: string, fields: Fields = {}): void {
    this.pino.trace(fields, event)
  }

  warn(event: string, fields: Fields | string = {}): void {
    this.pino.warn(fieldsOf(fields), event)
  }

  failure(error: Error, fields: Fields = {}): void {
    this.pino.error(
      { ...fields, error: error.name, cause: causeOf(error), stack: framesOf(error) },
      error.message,
    )
  }

  /** Nest's own start-up chatter; of no use to an operator. */
  log(message: unknown, ...context: unknown[]): void {
    this.pino.debug({ context: context.map(String) }, String(message))
  }

  debug(message: unknown): void {
    this.pino.debug(String(message))
  }

  verbose(message: unknown): void {
    this.pino.trace(String(message))
  }

  /** What keeps the hub from starting Nest reports too; `main.ts` tells it, once and with the mend. */
  error(message: unknown, ...context: unknown[]): void {
    if (NESTS_OWN.has(context.at(-1))) return
    if (message instanceof Error) this.failure(message)
    else this.pino.error(String(message))
  }

  fatal(message: unknown): void {
    this.pino.fatal(String(message))
  }
}

const NESTS_OWN: ReadonlySet<unknown> = new Set(['ExceptionHandler', 'NestApplication'])

type Fields = Record<string, string | number | boolean | null | undefined>

function fieldsOf(fields: Fields | string): Fields {
  return typeof fields === 'string' ? { context: fields } : fields
}

/** What failed underneath. Its message may quote data (SQL, a provider's answer), so it stays out. */
function causeOf(error: Error): { name: string; code?: string; stack: string[] } | undefined {
  const { cause } = error
  if (!(cause instanceof Error)) return undefined
  const code = 'code' in cause && typeof cause.code === 'string' ? { code: cause.code } : {}
  return { name: cause.name, ...code, stack: framesOf(cause) }
}

function framesOf(error: Error): string[] {
  return (error.stack ?? '')
    .split('\n')
    .filter((line) => line.trimStart().startsWith('at '))
    .slice(0, 8)
    .map((line) => line.trim())
}

/** `12:00:00 info  event  key=value` for a terminal. */
class PrettyLines extends Writable {
  constructor(private readonly target: { write(line: string): void }) {
    super({ decodeStrings: false })
  }

  override _write(chunk: unknown, _encoding: string, done: () => void): void {
    const { level, time, msg, ...fields } = pinoLine.parse(JSON.parse(String(chunk)))
    const name = LEVELS[level] ?? 'info'
    const rest = Object.entries(fields)
      .map(([key, value]) => `${key}=${plain(value)}`)
      .join(' ')
    this.target.write(`${time.slice(11, 19)} ${name.padEnd(5)} ${msg}  ${rest}\n`)
    done()
  }
}

/** Unquoted where nothing in it could be taken for another field or line. */
function plain(value: unknown): string {
  return typeof value === 'string' && /^[\w.:/+-]+$/.test(value) ? value : JSON.stringify(value)
}

const pinoLine = z.looseObject({ level: z.number(), time: z.string(), msg: z.string() })

const LEVELS: Record<number, string> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
}
