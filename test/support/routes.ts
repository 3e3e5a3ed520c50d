import type { TestHub } from './hub.js'

/** One route of the running app, as Fastify has it: `/profile/:node_id`. */
export interface Route {
  readonly method: string
  readonly path: string
}

/** Values that fit the parameters of the routes. A new parameter needs one here. */
const EXAMPLES: Readonly<Record<string, string>> = {
  provider: 'github',
  node_id: 'dpc-node-0123456789abcdef',
  file: 'page.js',
  session_id: '0b5c2a1e-7d57-4a9f-9a3c-2f6f0d6a4e11',
}

/** The route table, read off the tree that Fastify prints. HEAD is answered with its GET; CORS is no route. */
export function routesOf(hub: TestHub): Route[] {
  const tree = hub.app.getHttpAdapter().getInstance().printRoutes({ commonPrefix: false })
  const above: string[] = []
  return tree.split('\n').flatMap((line) => {
    const [, indent = '', part = '', methods = ''] = /^(.*?)[├└]── (.*?) \((.*)\)$/.exec(line) ?? []
    const depth = indent.length / 4
    above.length = depth
    above[depth] = part
    const path = `/${above.join('/')}`.replace(/\/+/g, '/').replace(/(?<=.)\/$/, '')
    return methods
      .split(', ')
      .filter((method) => method !== '' && method !== 'HEAD' && method !== 'OPTIONS')
      .map((method) => ({ method, path }))
  })
}

/** The route's path with its parameters filled in. */
export function examplePath({ path }: Route, values = EXAMPLES): string {
  return path.replace(/:(\w+)/g, (_all, name: string) => {
    const value = values[name]
    if (value === undefined) throw new Error(`test/support/routes.ts has no example of ${name}`)
    return value
  })
}

/** As OpenAPI spells it: `/profile/{node_id}`. */
export function templateOf({ path }: Route): string {
  return path.replace(/:(\w+)/g, '{$1}')
}
