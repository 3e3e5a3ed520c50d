import { onInstances } from '../support/topologies.js'
import { allScenarios } from './scenarios/all.js'

onInstances(3, 'redis', allScenarios)
