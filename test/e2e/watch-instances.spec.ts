import { onInstances } from '../support/topologies.js'
import { withRedis } from '../support/with-redis.js'
import { watchingScenarios } from './scenarios/watching.js'

onInstances(3, 'postgres', watchingScenarios)
withRedis(() => onInstances(3, 'redis', watchingScenarios))
