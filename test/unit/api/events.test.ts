// GET /events: server-sent events that continue by id, are filtered, keep alive, and let go of who does not read.

import { once } from 'node:events'
import { createConnection, type Socket } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { formatNodeId } from '../../../protocols/node-id.ts'
import type { Followed as FollowedOf } from '../../../src/api/contract/client/client.ts'
import { daemonAt } from '../../../src/api/contract/client/socket.ts'
import type { EventType } from '../../../src/api/contract/constants.ts'
import { getEvents } from '../../../src/api/contract/operations/events.ts'
import type { FeedEvent } from '../../../src/api/contract/shapes.ts'
import { createFeed, FEED_LIMITS } from '../../../src/api/feed/feed.ts'
import type { Feed } from '../../../src/api/feed/index.ts'
import { eventsRoutes } from '../../../src/api/routes/events.ts'
import { systemClock, systemRandom, systemTimers } from '../../../src/base/clock.ts'
import { owner } from '../../support/api/callers.ts'
import { servingOver } from '../../support/api/serving.ts'
import { temporaryDirectory } from '../../support/data/database.ts'
import { callDaemon } from '../../support/node/call-daemon.ts'
import { until } from '../../support/run/until.ts'

let who = owner(1000)
let socket: string
let feed: Feed
let server: ReturnType<typeof servingOver>['server']

async function serve(heartbeatMs: number, limits = FEED_LIMITS): Promise<void> {
  feed = createFeed({ clock: systemClock, random: systemRandom }, limits)
  const rooms = { feed, timers: systemTimers }
  server = servingOver(
    (all) => eventsRoutes(all, heartbeatMs),
    rooms,
    () => who,
  ).server
  socket = join(temporaryDirectory(), 's')
  await server.listen({ path: socket })
}

type Followed = FollowedOf<FeedEvent>
const happen = (mark: string) => feed.tell('config_reloaded', { applied: [mark], waiting: [] })
const open = (query: { since?: string; types?: EventType[] } = {}, signal?: AbortSignal) =>
  daemonAt({ socket }).events(getEvents, { query, signal })

/** Connects by hand and keeps what comes. */
async function raw(query = '', headers = ''): Promise<{ readonly socket: Socket; text: () => string }> {
  const connection = createConnection({ path: socket })
  onTestFinished(() => void connection.destroy())
  let got = ''
  connection.on('error', () => {}).on('data', (data) => (got += data.toString()))
  await new Promise((resolve) => connection.once('connect', resolve))
  connection.write(`GET /api/v1/events${query} HTTP/1.0\r\n${headers}\r\n`)
  await until(() => got.includes('retry: '), { what: 'the stream begins' })
  return { socket: connection, text: () => got }
}

test('has the form of server-sent events: retry and id at once, then an id, type and data each', async () => {
  await serve(60_000)
  const { text } = await raw()
  expect(text()).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
  expect(text()).toMatch(/\r\ncontent-type: text\/event-stream; charset=utf-8\r\n/)
  expect(text()).toMatch(/\r\ncache-control: no-store\r\n/)
  expect(text()).toMatch(/\r\n\r\nretry: 2000\nid: [0-9a-f]{16}-0\n\n$/)
  happen('line\nbreak')
  await until(() => text().endsWith('}\n\n'), { what: 'the event' })
  const [, block] = text().split('-0\n\n')
  const [, id, json] = /^id: (\S+)\nevent: config_reloaded\ndata: (.*)\n\n$/.exec(block!) ?? []
  expect(JSON.parse(json!)).toEqual({
    id,
    timestamp: expect.stringMatching(/Z$/),
    type: 'config_reloaded',
    data: { applied: ['line\nbreak'], waiting: [] },
  })
})

test('Last-Event-ID goes before since: a browser sends it with the address it was given', async () => {
  await serve(60_000)
  for (const mark of ['a', 'b', 'c']) happen(mark)
  const got: Followed[] = []
  for await (const followed of open({ since: '0' })) {
    got.push(followed)
    if (got.length === 3) break
  }
  const { text } = await raw('?since=0', `last-event-id: ${got[1]!.id}\r\n`)
  await until(() => text().includes('data: '), { what: 'an event' })
  expect(text().match(/data: /g)).toHaveLength(1)
  expect(text()).toContain('"applied":["c"]')
})

test('types filters; the id moves on past what was not wanted, so that it is not lost', async () => {
  await serve(5, { ...FEED_LIMITS, shared: 3 })
  const stop = new AbortController()
  const stream = open({ types: ['health_changed', 'peer_gone'] }, stop.signal)
  const { value: begun } = (await stream.next()) as { value: Followed }
  let followed = begun
  // More than are kept.
  for (const mark of ['a', 'b', 'c', 'd', 'e']) {
    const before = followed.id
    happen(mark)
    while (followed.id === before) followed = ((await stream.next()) as { value: Followed }).value
    expect(followed.event).toBeUndefined()
  }
  feed.tell('health_changed', { ready: true, failing: [] })
  while (followed.event === undefined) followed = ((await stream.next()) as { value: Followed }).value
  expect(followed.event.type).toBe('health_changed')
  stop.abort()
  // What had come before is still read.
  const rest = async () => {
    for await (const { event } of stream) expect(event).toBeUndefined()
  }
  await expect(rest()).rejects.toMatchObject({ name: 'AbortError' })
})

test('which node waits for a decision is told to administrators alone', async () => {
  await serve(60_000)
  const peer = { node_id: formatNodeId(new Uint8Array(32)), fingerprint: '0123456789abcdef', name: 'new' }
  const all = await raw()
  who = { ...who, admin: false }
  onTestFinished(() => {
    who = owner(1000)
  })
  const others = await raw()
  feed.tell('peer_pending', { peer })
  happen('after')
  await until(() => [all, others].every(({ text }) => text().includes('after')), { what: 'both are told' })
  expect([all, others].map(({ text }) => text().includes('peer_pending'))).toEqual([true, false])
})

test('who does not read is let go of, with nothing kept for them', async () => {
  await serve(20)
  const { socket: connection } = await raw()
  connection.pause()
  const large = 'x'.repeat(64 * 1024)
  // More than the kernel takes.
  for (let i = 0; i < 64; i++) happen(large)
  await until(() => feed.followers() === 0, { what: 'it is cut' })
})

test('who reads is kept, however quiet it is', async () => {
  await serve(5)
  const { text } = await raw()
  await until(() => (text().match(/^: still here$/gm)?.length ?? 0) >= 5, { what: 'five heartbeats' })
  expect(feed.followers()).toBe(1)
})

test('a follower that hangs up frees its place', async () => {
  await serve(60_000)
  const { socket: connection } = await raw()
  expect(feed.followers()).toBe(1)
  connection.destroy()
  await until(() => feed.followers() === 0, { what: 'its place is free' })
})

test('when the server closes, streams end', async () => {
  await serve(60_000)
  const { socket: connection } = await raw()
  const closed = new Promise((resolve) => connection.once('close', resolve))
  await server.close()
  await closed
  expect(feed.followers()).toBe(0)
})

describe('is refused', () => {
  const ask = (query: string) => callDaemon({ socket }, 'GET', `/api/v1/events${query}`)

  test('an id that is none', async () => {
    await serve(60_000)
    await expect(ask('?since=x')).rejects.toMatchObject({ code: 'bad_request', where: 'since' })
    expect(feed.followers()).toBe(0)
  })

  test('one follower too many', async () => {
    await serve(60_000, { ...FEED_LIMITS, followersOfOne: 1 })
    await raw()
    await expect(ask('')).rejects.toMatchObject({ code: 'rate_limited' })
    await expect(open().next()).rejects.toMatchObject({ code: 'rate_limited' })
  })
})

test('a daemon that falls silent is a timeout, one that hangs up unavailable', async () => {
  await serve(60_000)
  const silent = daemonAt({ socket }).events(getEvents, { idleMs: 20 })
  // A busy machine may be silent for 20 ms before the first event already, which is a timeout just as well.
  const follows = (async () => {
    for (;;) await silent.next()
  })()
  await expect(follows).rejects.toMatchObject({ code: 'timeout' })
  const cut = open()
  await cut.next()
  const next = expect(cut.next()).rejects.toMatchObject({ code: 'unavailable' })
  await server.close()
  await next
})

test('an answer without a body follows nothing', async () => {
  await serve(60_000)
  const connection = createConnection({ path: socket })
  onTestFinished(() => void connection.destroy())
  connection.write('HEAD /api/v1/events HTTP/1.0\r\n\r\n')
  const [answer] = await once(connection, 'data')
  expect(String(answer)).toContain(' 404 ')
  expect(feed.followers()).toBe(0)
})
