import { createSecureContext } from 'node:tls'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { defaultDeadlines } from '../../src/drill/prober/protocol.js'
import { Watcher } from '../../src/drill/prober/watcher.js'
import type { WatchEvent } from '../../src/history/index.js'
import { TestApi } from './support/api.js'
import { Door } from './support/door.js'

/** What a watch owes when its server is away at the end of a fault, as an API server is whose machine starts anew. */

let api: TestApi
let door: Door
let watcher: Watcher
let events: WatchEvent[]

beforeEach(async () => {
  api = new TestApi()
  await api.start()
  door = new Door(api.port)
  await door.open()
  events = []
  const server = { doors: [{ host: '127.0.0.1', port: door.port }], context: createSecureContext(api.tls), serverName: 'kubernetes' }
  const onEvent = (event: WatchEvent): void => void events.push(event)
  watcher = new Watcher({ name: 'cp-1', server, patience: defaultDeadlines, totalMs: 1000, namespace: 'drill', onEvent })
  expect(await watcher.begin('a', 5000)).toBe(true)
  await door.set('refuse')
})

afterEach(async () => {
  watcher.close()
  await door.close()
  api.stop()
})

it('is waited for until it is open again, and then delivers what it owes', async () => {
  const revision = api.make('a', 'late')
  const opened = new Promise((resolve) => setTimeout(resolve, 800)).then(() => door.set('open'))
  expect(await watcher.end(revision, { openWithinMs: 20_000, deliverWithinMs: 200 })).toBe(true)
  await opened
  expect(events.map((one) => one.type)).toEqual(expect.arrayContaining(['started', 'resumed', 'added', 'ended']))
})

it('has no end when it does not open in time: what it owes is not known', async () => {
  const revision = api.make('a', 'late')
  expect(await watcher.end(revision, { openWithinMs: 300, deliverWithinMs: 100 })).toBe(false)
  expect(events.some((one) => one.type === 'ended')).toBe(false)
})

it('takes the word of a server that refuses for no event', async () => {
  api.mode = '500'
  await door.set('open')
  await new Promise((resolve) => setTimeout(resolve, 400))
  api.mode = 'ok'
  const revision = api.make('a', 'late')
  expect(await watcher.end(revision, { openWithinMs: 5000, deliverWithinMs: 2000 })).toBe(true)
})

it('ends on record when it is open and does not deliver', async () => {
  await door.set('open')
  const revision = api.revision + 1
  expect(await watcher.end(revision, { openWithinMs: 20_000, deliverWithinMs: 500 })).toBe(false)
  expect(events.at(-1)).toMatchObject({ type: 'ended', revision })
})
