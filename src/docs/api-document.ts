import { type INestApplication, Injectable } from '@nestjs/common'
import { DiscoveryService, Reflector } from '@nestjs/core'
import type { OpenAPIObject } from '@nestjs/swagger'

import { HubConfig } from '../config/hub-config.js'
import { Limits } from '../limits/limits.js'
import { limitOf } from '../limits/rate-limit.guard.js'
import { PUBLIC } from '../tokens/decorators.js'
import { completeDocument, type RouteFacts } from './complete-document.js'

const SOURCE = 'The source code of this hub (AGPL-3.0 §13)'

/** The OpenAPI document of the running app. */
@Injectable()
export class ApiDocument {
  private app: INestApplication | null = null
  private built: Promise<string> | null = null

  constructor(
    private readonly config: HubConfig,
    private readonly limits: Limits,
    private readonly discovery: DiscoveryService,
    private readonly reflector: Reflector,
  ) {}

  /** Which app it describes: the one that serves it. */
  describe(app: INestApplication): void {
    this.app = app
  }

  /** JSON. Built when it is first asked for: Swagger's modules take 0.3 s that no start should wait. */
  text(): Promise<string> {
    this.built ??= this.build()
    return this.built
  }

  private async build(): Promise<string> {
    if (!this.app) throw new Error('describe() has not been called')
    const { DocumentBuilder, SwaggerModule } = await import('@nestjs/swagger')
    const { appName, version, sourceUrl, http } = this.config
    const head = new DocumentBuilder()
      .setOpenAPIVersion('3.1.0')
      .setTitle(appName)
      .setDescription(
        `A phone book and a matchmaker for peers: find a node, then signal to it over \`/ws/signal\`.\n\n[Source code](${sourceUrl})`,
      )
      .setVersion(version)
      .setLicense('AGPL-3.0-only', 'https://www.gnu.org/licenses/agpl-3.0.html')
      .setExternalDoc(SOURCE, sourceUrl)
      .addServer(http.publicUrl)
      .addServer(`${http.publicUrl}/api/v1`, 'The same routes, as older clients call them')
      .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' })
      .build()
    const read: OpenAPIObject = SwaggerModule.createDocument(this.app, head, {
      autoTagControllers: false,
      operationIdFactory: (controller, method) => `${controller}.${method}`,
    })
    return JSON.stringify(completeDocument(read, this.facts()))
  }

  /** What the guards go by, for each method of each controller. */
  private facts(): ReadonlyMap<string, RouteFacts> {
    const facts = new Map<string, RouteFacts>()
    for (const wrapper of this.discovery.getControllers()) {
      const controller: unknown = wrapper.metatype
      if (typeof controller !== 'function') continue
      for (const [name, handler] of methodsOf(controller.prototype)) {
        const places = [handler, controller]
        const limit = limitOf(this.reflector, places)
        facts.set(`${controller.name}.${name}`, {
          isPublic: this.reflector.getAllAndOverride<boolean | undefined>(PUBLIC, places) ?? false,
          perMinute: limit === 'none' ? null : this.limits.perMinute(limit),
        })
      }
    }
    return facts
  }
}

function methodsOf(prototype: unknown) {
  const properties = Object.entries(Object.getOwnPropertyDescriptors(Object(prototype)))
  return properties.flatMap(([name, property]) => {
    const method: unknown = property.value
    return typeof method === 'function' ? [[name, method] as const] : []
  })
}
