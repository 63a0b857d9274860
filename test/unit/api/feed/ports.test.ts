// The ports the feed listens on: each room says what happened once, and a listener that fails is no trouble of the room's.

import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { systemClock, systemTimers } from '../../../../src/base/clock.ts'
import { noFaults } from '../../../../src/base/run/faults.ts'
import { silentLog } from '../../../../src/base/run/log.ts'
import { createObserve, type RecordedCommand } from '../../../../src/observe/record/index.ts'
import { createEventRepository } from '../../../../src/store/events/events.ts'
import { createAuditRepository } from '../../../../src/store/tables/audit.ts'
import { MEMBER_KEPT_MS } from '../../../../src/trust/peers/seen.ts'
import { temporaryDatabase, temporaryDirectory } from '../../../support/data/database.ts'
import { append, liveName, records } from '../../../support/data/spool.ts'
import { testNodes } from '../../../support/mesh/identity.ts'
import { until } from '../../../support/run/until.ts'
import { ledgerOver } from '../../trust/audit/ledger.ts'
import { trustRoom } from '../../trust/peers/world.ts'

const never = new AbortController().signal

test('the ledger tells each entry as it comes, until nobody listens', async () => {
  const { audit } = ledgerOver(createAuditRepository(await temporaryDatabase()))
  const told: string[] = []
  audit.onRecord(() => {
    throw new Error('a listener of its own troubles')
  })
  const end = audit.onRecord(({ type }) => void told.push(type))
  await audit.start()
  await audit.record({ type: 'node_started', success: true, details: {} })
  await audit.record({ type: 'query_asked', success: false, details: {} })
  end()
  await audit.record({ type: 'node_stopped', success: true, details: {} })
  expect(told).toEqual(['node_started', 'query_asked'])
  expect((await audit.log({ limit: 9 })).map(({ type }) => type).reverse()).toEqual([...told, 'node_stopped'])
})

test('a member comes, is lost sight of, comes again, leaves: each is told once', async () => {
  const [ann, bob] = testNodes(1, 2)
  const { trust, clock } = await trustRoom({ file: { trusted: [ann] } })
  const told: unknown[] = []
  const end = trust.onPresence((node, presence, by) => void told.push([node, presence, by]))
  const since = (): unknown[] => told.splice(0)

  trust.lost(ann)
  trust.sawMember(bob, { name: 'stranger' })
  expect(since()).toEqual([])
  trust.sawMember(ann, { name: 'ann' })
  trust.sawMember(ann, {})
  expect(since()).toEqual([[ann, 'online', 'link']])
  trust.lost(ann)
  trust.lost(ann)
  expect(since()).toEqual([[ann, 'unsure', 'link']])
  trust.sawMember(ann, {})
  trust.sawMember(ann, { offline: true })
  trust.lost(ann)
  trust.sawMember(ann, { offline: true })
  expect(since()).toEqual([
    [ann, 'online', 'link'],
    [ann, 'offline', 'link'],
  ])
  trust.heardOf(bob, { name: 'bob', addresses: [], offline: true }, ann)
  expect(since()).toEqual([])
  trust.heardOf(bob, { name: 'bob', addresses: [], offline: false }, ann)
  expect(since()).toEqual([[bob, 'online', 'gossip']])
  // Nobody is known for longer than that: who comes then, comes.
  clock.time += MEMBER_KEPT_MS
  trust.heardOf(bob, { name: 'bob', addresses: [], offline: false }, ann)
  expect(since()).toEqual([[bob, 'online', 'gossip']])
  end()
  trust.lost(bob)
  expect(since()).toEqual([])
})

test('a command that was stored is told under the id the history has, and without its text', async () => {
  const directory = join(temporaryDirectory(), 'spool')
  execFileSync('mkdir', [directory])
  const events = createEventRepository(await temporaryDatabase())
  const observe = createObserve({
    config: { history: { ignore: ['secret-*'], redact: [] } },
    events,
    spoolDirectory: directory,
    sweepMs: 20,
    timers: systemTimers,
    clock: systemClock,
    log: silentLog,
    faults: noFaults,
    personOf: async (uid) => uid,
  })
  const told: RecordedCommand[] = []
  observe.onRecorded((commands) => void told.push(...commands))
  await observe.start(never)
  onTestFinished(() => observe.stop())
  append(directory, liveName(), records(['git status', 'secret-tool', 'rm -rf /']))
  await until(() => told.length >= 2, { what: 'both are told' })
  const uid = process.getuid!()
  const stored = (await events.search(uid, { words: [], limit: 9 })).events
  expect(told).toEqual(
    stored
      .map(({ id, timestamp, category, risk_level }) => ({ uid, id, timestamp, category, risk_level }))
      .reverse(),
  )
  expect(told.map(({ category, risk_level }) => [category, risk_level])).toEqual([
    ['git', 'safe'],
    [expect.any(String), 'critical'],
  ])
})
