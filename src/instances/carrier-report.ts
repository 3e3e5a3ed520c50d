import type { Logger } from '../common/logger.js'

const UNHEARD =
  'REDIS_URL: another instance of this hub runs and is not heard, so nodes at it are out of reach; ' +
  'set the same for all instances or for none, and see that each of them reaches it'

/** Tells the operator what is wrong between instances: once each time, as it is looked at every second. */
export class CarrierReport {
  private wasUp = true
  private told: readonly string[] = []

  constructor(private readonly logger: Logger) {}

  /** @param unheard  instances that run and have not been heard for a while: each by itself looks well */
  look(isUp: boolean, unheard: readonly string[]): void {
    if (isUp && !this.wasUp) this.logger.info('the carrier between instances is back')
    if (!isUp && this.wasUp) {
      this.logger.warn('the carrier between instances is away: nodes at others are out of reach')
    }
    if (isUp && unheard.some((instance) => !this.told.includes(instance))) {
      this.logger.warn(UNHEARD)
      this.told = unheard
    }
    if (unheard.length === 0) this.told = []
    this.wasUp = isUp
  }
}
