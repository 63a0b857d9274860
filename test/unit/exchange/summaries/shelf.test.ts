// /summaries: each person sees the editions with their own numbers and who opens them; what of others is held, for askers.

import { expect, onTestFinished, test } from 'vitest'
import { summariesRoutes } from '../../../../src/api/routes/summaries.ts'
import type { Rooms } from '../../../../src/api/server/rooms.ts'
import { buildServer } from '../../../../src/api/server/server.ts'
import { silentLog } from '../../../../src/base/run/log.ts'
import { createSummaries } from '../../../../src/exchange/summaries/summaries.ts'
import { owner, unreadLedger } from '../../../support/api/callers.ts'
import { until } from '../../../support/run/until.ts'
import type { HeldSummariesShape, PublishedSummariesShape } from '../../../support/shapes.ts'
import { some } from '../../../support/some.ts'
import { createWorld, DAY, HOUR, NOW, nodeOf, type World } from './world.ts'

const [ANN, BEA, CAT] = [1000, 1001, 1002]

async function serve(world: World, documents = world.deps.documents) {
  const room = createSummaries({ ...world.deps, documents, timers: { after: () => () => {} } })
  onTestFinished(() => room.stop())
  const { opinion } = world.deps.trust
  const resolve = () => nodeOf(1)
  const clock = { now: () => NOW + HOUR, monotonic: () => 0 }
  const routes = [summariesRoutes(some<Rooms>({ summaries: room, trust: { opinion, resolve }, clock }))]
  async function get<T>(path: string, uid: number, asks = true): Promise<T> {
    const callerOf = () => ({ ...owner(uid), asks })
    const server = buildServer({ audit: unreadLedger, routes, callerOf, clock, log: silentLog })
    const answer = await server.inject(`/api/v1/summaries${path}`)
    await server.close()
    return answer.json() as T
  }
  return { room, get }
}

/** Two people who share with different nodes, and one who shares with nobody. */
async function published() {
  const world = await createWorld({ number: 1 })
  for (const node of [2, 3]) world.trust(node, 'peer')
  world.consent(ANN, { allow_peers: [nodeOf(2)] })
  world.consent(BEA, { allow_peers: [nodeOf(2), nodeOf(3)] })
  world.consent(CAT, {})
  for (const uid of [ANN, BEA, CAT]) await world.type({ tool: 'git', category: 'git', uid })
  const rig = await serve(world)
  await rig.room.start()
  await until(() => world.audits.length > 0, { what: 'the first round is over' })
  return { world, ...rig }
}

test('a person sees the editions that hold their numbers, and only those readers they let', async () => {
  const { world, get } = await published()
  const of = async (uid: number) => (await get<PublishedSummariesShape>('/published', uid)).summaries
  const ann = await of(ANN)
  expect(ann.map(({ period }) => period.granularity)).toEqual(['week', 'day', 'hour'])
  for (const { recipients } of ann) expect(recipients.map(({ node_id }) => node_id)).toEqual([nodeOf(2)])
  const bea = (await of(BEA)).map(({ recipients }) => new Set(recipients.map(({ node_id }) => node_id)))
  expect(bea).toEqual(Array.from({ length: 3 }, () => new Set([nodeOf(2), nodeOf(3)])))
  expect(await of(CAT)).toEqual([])
  expect(await of(1003)).toEqual([])
  const hour = ann[2]!
  expect(hour.period.start).toBe(new Date(NOW - (NOW % HOUR)).toISOString())
  expect(hour.bytes).toBe(world.shelf.bySlot.get(`hour:${Math.floor(NOW / HOUR)}`)!.bytes.length)
  // Consent that was withdrawn counts at once, before the next edition.
  world.consent(ANN, { allow_peers: [] })
  expect(await of(ANN)).toEqual([])
})

test('of an hour in which a person ran nothing they see nothing, though others did', async () => {
  const { world, get, room } = await published()
  await world.type({ tool: 'npm', category: 'npm', uid: BEA, ago: HOUR })
  await room.stop()
  const again = await serve(world)
  const before = world.audits.length
  await again.room.start()
  await until(() => world.audits.length > before, { what: 'another round is over' })
  const hours = async (uid: number) =>
    (await get<PublishedSummariesShape>('/published', uid)).summaries.filter(
      ({ period }) => period.granularity === 'hour',
    )
  expect(await hours(BEA)).toHaveLength(2)
  expect(await hours(ANN)).toHaveLength(1)
})

test('what of others opens here is listed for who may ask: author, period, age, bytes', async () => {
  const { world } = await published()
  const bob = await createWorld({ number: 2 })
  bob.trust(1, 'peer')
  const { get } = await serve(bob, world.shelf)
  const { summaries, total } = await get<HeldSummariesShape>('?limit=2', 0)
  expect(total).toBe(3)
  expect(summaries).toMatchObject([
    { author: { node_id: nodeOf(1) }, period: { granularity: 'week' }, age_ms: HOUR },
    { author: { node_id: nodeOf(1) }, period: { granularity: 'day' } },
  ])
  expect(summaries[0]!.bytes).toBeGreaterThan(100)
  const late = new Date(NOW + 2 * DAY).toISOString()
  const since = await get<HeldSummariesShape>(`?author=bob&since=${late}`, 0)
  expect(since.summaries.map(({ period }) => period.granularity)).toEqual(['week'])
  expect(await get('', 0, false)).toMatchObject({ error: { code: 'refused' } })
})

test('whoever it is not for lists none of it', async () => {
  const { world } = await published()
  const eve = await createWorld({ number: 4 })
  eve.trust(1, 'peer')
  const { get } = await serve(eve, world.shelf)
  expect(await get('', 0)).toEqual({ summaries: [], total: 0 })
})
