import { existsSync, readFileSync } from 'node:fs'
import { randomBytes } from 'node:crypto'

import { describe, expect, it } from '@jest/globals'
import dockerfileAst, { type Copy, type Instruction } from 'dockerfile-ast'
import { validate } from 'dockerfile-utils'
import { parse } from 'yaml'
import { z } from 'zod'

import { SECRET_VARIABLES, variables } from '../src/config/environment.js'
import { HubConfig } from '../src/config/hub-config.js'

/** Nobody runs a container engine here: what it would find wrong is looked for in the files. */

const dockerfileText = readFileSync('Dockerfile', 'utf8')
const instructions = dockerfileAst.DockerfileParser.parse(dockerfileText).getInstructions()
const stages = split(instructions)
const image = stages.at(-1) ?? []

describe('the Dockerfile', () => {
  it('is accepted by a linter', () => {
    expect(validate(dockerfileText)).toEqual([])
  })

  it('starts every stage from a pinned major of Node that the project supports', () => {
    const bases = stages.map(([from]) => from?.getArgumentsContent() ?? '')
    expect(bases.length).toBeGreaterThan(1)
    for (const base of bases) expect(base).toMatch(/^node:24-[a-z]+-slim( AS \w+)?$/)
  })

  it('installs only what runs: no development or optional package, no install script', () => {
    const installs = all('RUN').filter((run) => textOf(run).startsWith('npm ci'))
    const copied = image.filter(isCopy).map((copy) => copy.getFromFlag()?.getValue())
    const packages = stages.find(([from]) => from && / AS packages$/.test(textOf(from))) ?? []
    expect(copied).toContain('packages')
    expect(packages.map(textOf)).toContain('npm ci --omit=dev --omit=optional --ignore-scripts')
    for (const install of installs) expect(textOf(install)).toContain('--ignore-scripts')
    expect(image.filter((each) => each.getKeyword() === 'RUN')).toEqual([])
  })

  it('ends as a numbered user that is not root and owns none of the files', () => {
    const keywords = image.map((each) => each.getKeyword())
    const user = image.find((each) => each.getKeyword() === 'USER')
    expect(user && textOf(user)).toMatch(/^[1-9]\d*:[1-9]\d*$/)
    expect(keywords.indexOf('USER')).toBeGreaterThan(keywords.lastIndexOf('COPY'))
    expect(keywords.indexOf('USER')).toBeLessThan(keywords.indexOf('CMD'))
    for (const copy of image.filter(isCopy)) {
      expect(copy.getFlags().map((flag) => flag.getName())).not.toContain('chown')
    }
  })

  it('holds no secret, neither as a build argument nor in the environment', () => {
    expect(all('ARG')).toEqual([])
    expect(all('ENV').map(textOf)).toEqual(['NODE_ENV=production'])
    for (const name of SECRET_VARIABLES) expect(dockerfileText).not.toContain(name)
  })

  it('runs the compiled hub as the first process, without a shell that would keep its signals', () => {
    const command = image.find((each) => each.getKeyword() === 'CMD')
    expect(command && JSON.parse(textOf(command))).toEqual(['node', 'dist/src/main.js'])
    expect(all('ENTRYPOINT')).toEqual([])
  })

  it('asks for health with Node alone', () => {
    const check = image.find((each) => each.getKeyword() === 'HEALTHCHECK')
    const text = check ? textOf(check) : ''
    const command: unknown = JSON.parse(text.slice(text.indexOf('[')))
    expect(command).toEqual(['node', '-e', expect.stringContaining("'/livez'")])
    expect(text).toContain('process.env.PORT || 8000')
  })

  it('copies files that are there, and .dockerignore lets exactly those through', () => {
    const copied = all('COPY')
      .filter(isCopy)
      .filter((copy) => copy.getFromFlag() === null)
      .flatMap((copy) => copy.getArguments().slice(0, -1))
      .map((argument) => argument.getValue())
    const lines = readFileSync('.dockerignore', 'utf8').split('\n')
    const allowed = lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1))
    expect([...new Set(copied)].sort()).toEqual([...allowed].sort())
    expect(lines.find((line) => line !== '' && !line.startsWith('#'))).toBe('*')
    for (const path of allowed) expect([path, existsSync(path)]).toEqual([path, true])
  })
})

const service = z.looseObject({
  image: z.string(),
  environment: z.record(z.string(), z.string()).default({}),
  ports: z.array(z.string()).default([]),
  networks: z.array(z.string()).default([]),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
  cap_drop: z.array(z.string()).default([]),
  security_opt: z.array(z.string()).default([]),
})
const composeFile = z.object({
  services: z.record(z.string(), service),
  networks: z.record(z.string(), z.object({ internal: z.boolean() }).nullable()).optional(),
})
type Service = z.output<typeof service>

describe('docker-compose.prod.yml', () => {
  const text = readFileSync('docker-compose.prod.yml', 'utf8')
  const { services, networks } = read(text)
  const [hub, migrate, postgres] = [of('hub'), of('migrate'), of('postgres')]

  function of(name: string): Service {
    const found = services[name]
    if (!found) throw new Error(`there is no service ${name}`)
    return found
  }

  it('gives the hub variables that the configuration knows, and no others', () => {
    const known = variables.map(({ name }) => name)
    const unknown = Object.keys(hub.environment).filter((name) => !known.includes(name))
    expect(unknown).toEqual([])
    expect(migrate.environment).toEqual(hub.environment)
  })

  it('configures a hub that starts, once the required secrets are there', () => {
    const config = HubConfig.fromEnv(filled(hub.environment, requiredSecrets()))
    expect(config.production).toBe(true)
    expect(config.http).toMatchObject({
      host: '0.0.0.0',
      port: 8000,
      publicUrl: 'https://hub.example',
      trustedProxies: ['private'],
    })
    expect(new URL(config.database.url?.reveal() ?? '').host).toBe('postgres:5432')
    expect(config.log.format).toBe('json')
  })

  it('hands optional values through', () => {
    const optional = {
      SECRET_KEY_PREVIOUS: randomBytes(48).toString('base64'),
      GITHUB_CLIENT_ID: 'an-id',
      GITHUB_CLIENT_SECRET: 'a-client-secret',
      TRUSTED_PROXIES: '10.1.2.3',
    }
    const config = HubConfig.fromEnv(filled(hub.environment, { ...requiredSecrets(), ...optional }))
    expect(config.login.github?.clientId).toBe('an-id')
    expect(config.login.google).toBeNull()
    expect(config.tokens.previousSecretKey?.reveal()).toBe(optional.SECRET_KEY_PREVIOUS)
    expect(config.http.trustedProxies).toEqual(['10.1.2.3'])
  })

  it.each(Object.keys(requiredSecrets()))('refuses to start without %s, and says so', (name) => {
    const others = { ...requiredSecrets(), [name]: '' }
    const everything = { ...hub.environment, ...postgres.environment }
    expect(() => filled(everything, others)).toThrow(new RegExp(`^${name}: set it to `))
  })

  it('holds no secret itself', () => {
    for (const each of Object.values(services)) {
      for (const [name, value] of Object.entries(each.environment)) {
        if (/SECRET|PASSWORD|TOKEN|DATABASE_URL/.test(name)) expect(value).toMatch(/\$\{\w+:[?-]/)
      }
    }
  })

  it('gives Postgres the user, password and database that the hub connects with', () => {
    const secrets = requiredSecrets()
    const url = new URL(filled(hub.environment, secrets).DATABASE_URL ?? '')
    const environment = filled(postgres.environment, secrets)
    expect({ user: url.username, password: url.password, database: url.pathname }).toEqual({
      user: environment.POSTGRES_USER,
      password: environment.POSTGRES_PASSWORD,
      database: `/${environment.POSTGRES_DB ?? ''}`,
    })
    expect(Number(/^postgres:(\d+)$/.exec(postgres.image)?.[1])).toBeGreaterThanOrEqual(16)
  })

  it('migrates once, after Postgres is up and before the hub starts', () => {
    expect(migrate).toMatchObject({ command: ['node', 'dist/src/migrate.js'], restart: 'no' })
    expect(migrate.depends_on).toEqual({ postgres: { condition: 'service_healthy' } })
    expect(hub.depends_on).toEqual({
      postgres: { condition: 'service_healthy' },
      migrate: { condition: 'service_completed_successfully' },
    })
  })

  it('publishes the hub to this machine only, and the database to nobody', () => {
    expect(hub.ports).toEqual(['127.0.0.1:${HUB_PORT:-8000}:8000'])
    expect([...migrate.ports, ...postgres.ports]).toEqual([])
    expect(postgres.networks).toEqual(['back'])
    expect(networks?.back).toEqual({ internal: true })
  })

  it('leaves the containers no more rights than they need', () => {
    for (const each of [hub, migrate]) expect(each).toMatchObject({ read_only: true })
    for (const each of [hub, migrate, postgres]) {
      expect(each.cap_drop).toEqual(['ALL'])
      expect(each.security_opt).toEqual(['no-new-privileges:true'])
    }
  })

  it('has a TURN server for those who ask for it, with the file that tests run it with', () => {
    const coturn = of('coturn')
    expect(coturn).toMatchObject({
      profiles: ['turn'],
      network_mode: 'host',
      read_only: true,
      volumes: ['./turnserver.conf:/etc/coturn/turnserver.conf:ro'],
      command: ['-c', '/etc/coturn/turnserver.conf'],
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      restart: 'unless-stopped',
    })
    expect(coturn.image).toMatch(/^coturn\/coturn:4\.\d+$/)
    expect([coturn.ports, coturn.networks, Object.keys(coturn.environment)]).toEqual([[], [], []])
  })

  it('comes back after a crash and after a restart of the machine', () => {
    for (const each of [hub, postgres]) expect(each).toMatchObject({ restart: 'unless-stopped' })
  })
})

describe('docker-compose.yml', () => {
  const { services } = read(readFileSync('docker-compose.yml', 'utf8'))

  it('starts a Postgres for this machine, of the major that production uses', () => {
    expect(Object.keys(services)).toEqual(['postgres'])
    const production = read(readFileSync('docker-compose.prod.yml', 'utf8')).services
    expect(services.postgres?.image).toBe(production.postgres?.image)
    expect(services.postgres?.ports).toEqual(['127.0.0.1:5432:5432'])
  })

  it('is reached by the address that it tells', () => {
    const [, url = ''] = /DATABASE_URL=(\S+)/.exec(readFileSync('docker-compose.yml', 'utf8')) ?? []
    const environment = services.postgres?.environment
    expect(url).toBe(
      `postgresql://${environment?.POSTGRES_USER ?? ''}:${environment?.POSTGRES_PASSWORD ?? ''}@127.0.0.1:5432/${environment?.POSTGRES_DB ?? ''}`,
    )
  })
})

function requiredSecrets(): Record<string, string> {
  return {
    PUBLIC_URL: 'https://hub.example',
    POSTGRES_PASSWORD: randomBytes(32).toString('hex'),
    SECRET_KEY: randomBytes(48).toString('base64'),
  }
}

/** As compose fills in `${NAME}`, `${NAME:-default}` and `${NAME:?what to do}`. */
function filled(
  environment: Readonly<Record<string, string>>,
  given: Readonly<Record<string, string>>,
): Record<string, string> {
  const fill = (value: string) =>
    value.replace(
      /\$\{(\w+)(?::([-?])([^}]*))?\}/g,
      (_, name: string, kind?: string, rest = '') => {
        const set = given[name] ?? ''
        if (set === '' && kind === '?') throw new Error(`${name}: ${rest}`)
        return set === '' ? rest : set
      },
    )
  return Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, fill(value)]))
}

function read(text: string): z.output<typeof composeFile> {
  return composeFile.parse(parse(text, { merge: true }))
}

function split(all: readonly Instruction[]): Instruction[][] {
  const found: Instruction[][] = []
  for (const each of all) {
    if (each.getKeyword() === 'FROM') found.push([])
    found.at(-1)?.push(each)
  }
  return found
}

function all(keyword: string): Instruction[] {
  return instructions.filter((each) => each.getKeyword() === keyword)
}

function isCopy(instruction: Instruction): instruction is Copy {
  return instruction.getKeyword() === 'COPY'
}

function textOf(instruction: Instruction): string {
  return instruction.getArgumentsContent() ?? ''
}
