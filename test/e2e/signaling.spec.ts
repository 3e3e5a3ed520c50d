import { onInstances } from '../support/topologies.js'
import { connectingScenarios } from './scenarios/connecting.js'
import { provenScenarios } from './scenarios/proven.js'
import { refScenarios } from './scenarios/refs.js'
import { refusalScenarios } from './scenarios/refusals.js'
import { signalScenarios } from './scenarios/signals.js'

onInstances(1, 'postgres', (hubs) => {
  signalScenarios(hubs)
  refusalScenarios(hubs)
  refScenarios(hubs)
  provenScenarios(hubs)
  connectingScenarios(hubs)
})
