import { onInstances } from '../support/topologies.js'
import { withRedis } from '../support/with-redis.js'
import { endingScenarios } from './scenarios/calls-ending.js'
import { joiningScenarios } from './scenarios/calls-joining.js'
import { callSignalScenarios } from './scenarios/calls-signals.js'

withRedis(() => {
  onInstances(3, 'cluster', (hubs) => {
    joiningScenarios(hubs)
    callSignalScenarios(hubs)
    endingScenarios(hubs)
  })
})
