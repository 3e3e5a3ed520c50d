import { onInstances } from '../support/topologies.js'
import { refusalScenarios } from './scenarios/refusals.js'
import { signalScenarios } from './scenarios/signals.js'

onInstances(1, 'postgres', (hubs) => {
  signalScenarios(hubs)
  refusalScenarios(hubs)
})
