import { describe, expect, it } from '@jest/globals'

import { TestClock } from '../../test/support/test-clock.js'
import { HubConfig } from '../config/hub-config.js'
import { PingIntervals } from './ping-intervals.js'

const config = HubConfig.fromEnv({
  NODE_ENV: 'test',
  SECRET_KEY: 'VnQ3b0pXc0t5ZlJ2ZUxhUXhUbU1pQnVHZEhqS2xQb1l6',
})
const silent = { pingSeconds: 20, livedSeconds: 60, silentSeconds: 30, isOurDoing: false }

describe('the memory of ping intervals', () => {
  it('gives a node the interval that its last connection earned, and others the operator’s', () => {
    const intervals = new PingIntervals(config, new TestClock())
    intervals.learn('a', silent)

    expect([intervals.secondsFor('a'), intervals.secondsFor('b')]).toEqual([10, 20])
  })

  it('forgets a node that stays away for ten minutes', () => {
    const clock = new TestClock()
    const intervals = new PingIntervals(config, clock)
    intervals.learn('a', silent)
    clock.advance({ minutes: 9 })
    expect(intervals.secondsFor('a')).toBe(10)
    clock.advance({ minutes: 1 })

    expect(intervals.secondsFor('a')).toBe(20)
    expect(intervals.size).toBe(0)
  })

  it('holds nothing of nodes whose connections end well, also when they did not before', () => {
    const intervals = new PingIntervals(config, new TestClock())
    intervals.learn('a', { ...silent, silentSeconds: 0 })
    expect(intervals.size).toBe(0)
    intervals.learn('b', silent)
    intervals.learn('b', { ...silent, pingSeconds: 10, livedSeconds: 600, silentSeconds: 0 })

    expect(intervals.size).toBe(0)
  })

  it('holds ten thousand nodes at most, those whose connections ended last', () => {
    const intervals = new PingIntervals(config, new TestClock())
    for (let node = 0; node < 10_100; node++) intervals.learn(`node ${node}`, silent)

    expect(intervals.size).toBeLessThanOrEqual(10_000)
    expect(intervals.secondsFor('node 0')).toBe(20)
    expect(intervals.secondsFor('node 10099')).toBe(10)
  })
})
