import type { TestHubs } from '../../support/hubs.js'
import { connectingScenarios } from './connecting.js'
import { provenScenarios } from './proven.js'
import { refScenarios } from './refs.js'
import { refusalScenarios } from './refusals.js'
import { signalScenarios } from './signals.js'
import { slowScenarios } from './slow.js'

/** All that must be so whatever lies between two nodes. */
export function allScenarios(hubs: () => TestHubs): void {
  signalScenarios(hubs)
  refusalScenarios(hubs)
  refScenarios(hubs)
  provenScenarios(hubs)
  connectingScenarios(hubs)
  slowScenarios(hubs)
}
