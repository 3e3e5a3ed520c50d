import { onInstances } from '../support/topologies.js'
import { withRedis } from '../support/with-redis.js'
import { resumingElsewhereScenarios } from './scenarios/resuming-elsewhere.js'
import { toldEverywhereScenarios } from './scenarios/told-everywhere.js'

onInstances(2, 'postgres', resumingElsewhereScenarios)
onInstances(2, 'postgres', toldEverywhereScenarios)
withRedis(() => {
  onInstances(2, 'redis', resumingElsewhereScenarios)
  onInstances(2, 'redis', toldEverywhereScenarios)
})
