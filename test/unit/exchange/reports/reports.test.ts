// The room of reports over released totals that a test owns, in virtual time: who gets one, and when somebody is told.
import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { NodeId } from '../../../../protocols/node-id.ts'
import { DAY_MS, HOUR_MS } from '../../../../src/base/calendar.ts'
import { systemRandom } from '../../../../src/base/clock.ts'
import { silentLog } from '../../../../src/base/run/log.ts'
import type { Config } from '../../../../src/config/index.ts'
import type { AskRequest } from '../../../../src/exchange/query/index.ts'
import type { QueryResult } from '../../../../src/exchange/query/schema.ts'
import { createFigures, createReports, type Reports } from '../../../../src/exchange/reports/index.ts'
import type { BucketTotals } from '../../../../src/exchange/totals/types.ts'
import type { Member } from '../../../../src/trust/peers/index.ts'
import { temporaryDirectory } from '../../../support/data/database.ts'
import { until } from '../../../support/run/until.ts'
import { bucket, type Day, MONDAY } from '../report/findings.ts'

const MINUTE_MS = 60_000
const OFF = { risky: 'off', coverage: 'off', anomalies: 'off', missing: 'off' } as const

const rows = (risky: number): NonNullable<Day['rows']> => ({
  'all:commands': [8, 100 + risky],
  'risk:safe': [8, 90],
  'risk:moderate': [8, 10],
  'risk:high': [8, risky],
  'risk:critical': [0, 0],
  git: [8, 50, 1],
})

const signal = { type: 'unusual_pattern', severity: 7, count: 2, hour: '2026-11-17T09:00:00.000Z' }
/** Answers of machines whose people chose to be named, and this machine's own. */
const NAMED = [
  { name: 'eng-042', fingerprint: '0123456789abcdef', anomalies: { signals: [signal], learning: false } },
  { name: 'eng-043', fingerprint: '1123456789abcdef', anomalies: { signals: [], learning: false } },
  { name: 'hq', fingerprint: '73759d20c49e8cef', anomalies: { signals: [signal], learning: false } },
]

const IVY = 'ivy' as NodeId
const CERTIFIED = ['self', 'ann', 'bob', 'cid', 'dan', 'fay']

class World {
  /** The file of what was told. */
  readonly path = join(temporaryDirectory(), 'reports', 'state.json')
  readonly asked: AskRequest[] = []
  readonly told: string[] = []
  /** How often released totals were read and opened. */
  reads = 0
  /** Timers that run, oldest first. */
  readonly timers: { readonly ms: number; readonly run: () => void }[] = []
  /** A release has come. */
  released = () => {}
  now = MONDAY + 5 * HOUR_MS
  days: readonly Day[] = []
  /** Of this day the numbers of tools cannot be, because a machine lied. */
  spoiled: number | undefined
  roles: readonly string[] = ['security']
  /** Keys of one machine, the last of which is certified and has the others as its successors. */
  forked: readonly NodeId[] = []
  /** A key that is not admitted. */
  stranger: NodeId | undefined
  status: QueryResult['status'] = 'success'
  config: Config['reports']
  readonly reports: Reports

  constructor(limits: Partial<Config['reports']['thresholds']> = {}) {
    this.config = { thresholds: { ...OFF, ...limits } }
    this.reports = this.again()
    this.reports.onThreshold((threshold, state) => this.told.push(`${threshold} ${state}`))
  }

  #bucketsIn({ start, end }: { start: number; end: number }, type: string): readonly BucketTotals[] {
    return this.days
      .map((day): BucketTotals => {
        const one = bucket(day)
        if (type !== 'ToolUsage' || day.day !== this.spoiled) return one
        return { ...one, why: 'implausible', batches: [] }
      })
      .filter((one) => one.start >= start && one.end <= end && one.end <= this.now)
  }

  /** Another run of the daemon over the same directory. */
  again(): Reports {
    const it = this
    const clock = { now: () => it.now, monotonic: () => it.now }
    const members = () =>
      [
        { node_id: 'ann', last_seen: it.now - MINUTE_MS, offline: false, unsure: false },
        { node_id: 'bob', last_seen: it.now - 3 * DAY_MS, offline: false, unsure: false },
        { node_id: 'dan', last_seen: it.now - 2 * MINUTE_MS, offline: true, unsure: false },
        { node_id: 'fay', last_seen: it.now - 3 * MINUTE_MS, offline: false, unsure: true },
        { node_id: 'eve', last_seen: it.now, offline: false, unsure: false },
      ].map((one) => ({ ...one, here_until: one.last_seen + HOUR_MS })) as unknown as readonly Member[]
    const seen = (node: NodeId) => members().find(({ node_id }) => node_id === node)
    return createReports({
      query: {
        async ask(request) {
          it.asked.push(request)
          const isShown = it.status === 'success'
          return {
            status: it.status,
            notes: isShown ? [] : ['No totals for you.'],
            ...(isShown ? { released: { audience: 'security' } } : {}),
            ...(request.perNode ? { nodes: NAMED } : {}),
            opened:
              isShown && request.team === undefined ? it.#bucketsIn(request.range, request.query_type) : [],
          } as unknown as QueryResult
        },
      },
      fleet: {
        certified: () =>
          CERTIFIED.map((node_id) => ({ node_id: node_id as NodeId, teams: ['10.0.3.x'] })) as never,
        lately: (node) =>
          ['gil', 'hal', 'ivy', 'the former key of fay', ...CERTIFIED].includes(node) && node !== 'fay'
            ? ({} as never)
            : undefined,
      },
      trust: {
        members,
        member: seen,
        // The certificate of gil has ended, so it is no member.
        met: (node) => (node === 'gil' ? { last_seen: it.now - 9 * DAY_MS, addresses: [] } : seen(node)),
        known: () => [...it.forked, ...CERTIFIED.slice(1), 'eve', 'gil', 'hal', 'never certified'] as never,
        // Fay has rotated its key, and hal is denied here.
        keysOf: (node) => [node, it.forked.includes(node) ? IVY : (`the former key of ${node}` as NodeId)],
        memberOf: (node) => (it.forked.includes(node) ? IVY : node),
        keyState: (node) =>
          it.forked.includes(node) ? { kind: 'frozen', fork: { at: IVY, between: [] } } : { kind: 'current' },
        refuses: (node) => node === 'hal',
        admits: (node) => node !== it.stranger,
        opinion: (node) => ({ name: `the ${node}`, fingerprint: '0123456789abcdef' }) as never,
      },
      totals: {
        audiences: () => ['security'],
        problem: () => null,
        read: async (audience, type, range) => {
          it.reads++
          return { audience, buckets: it.#bucketsIn(range, type) }
        },
      },
      config: {
        get reports() {
          return it.config
        },
      },
      principal: () => ({ roles: it.roles }),
      figures: createFigures(clock),
      self: { node_id: 'self' as NodeId, name: 'hq', fingerprint: '73759d20c49e8cef' },
      path: it.path,
      ownUid: 1000,
      clock,
      random: systemRandom,
      log: silentLog,
      timers: {
        after(ms, run) {
          const timer = { ms, run }
          it.timers.push(timer)
          return () => void it.timers.splice(it.timers.indexOf(timer), 1)
        },
      },
      onReleased(listener) {
        it.released = listener
        return () => {
          it.released = () => {}
        }
      },
    })
  }
}

const world = (limits?: Partial<Config['reports']['thresholds']>) => new World(limits)

/** Each day from `first` on, released. */
const days = (first: number, many: number, risky = 0): readonly Day[] =>
  Array.from({ length: many }, (_, at) => ({ day: first + at, rows: rows(risky) }))

describe('a report that somebody asks for', () => {
  const request = { range: { start: MONDAY - 7 * DAY_MS, end: MONDAY }, uid: 1000 }

  it('asks for totals and named anomalies only, and for as much before as is compared', async () => {
    const it = world()
    it.days = days(-14, 14)
    const report = await it.reports.make(request)
    expect(it.asked.map(({ query_type, level, perNode }) => [query_type, level, perNode])).toEqual([
      ...[
        ['ToolUsage', 2, false],
        ['SafetyPosture', 2, false],
        ['Anomalies', 2, false],
        ['PrivilegedUse', 2, false],
        ['Anomalies', 1, true],
      ],
    ])
    for (const { range } of it.asked.slice(0, 3))
      expect(range).toEqual({ start: MONDAY - 14 * DAY_MS, end: MONDAY })
    expect(report).toMatchObject({ state: 'shown', compared: { days_back: 7, same_weekdays: true } })
    expect(report.tools.rows.find(({ tool }) => tool === 'git')).toMatchObject({
      value: 350,
      change: { before: 350, periods: 7, of: 7 },
    })
  })

  it('has anomalies by name of who chose that, and never those of the machine that asks', async () => {
    const { anomalies } = await world().reports.make(request)
    expect(anomalies.named).toEqual({
      nodes: 2,
      rows: [{ name: 'eng-042', fingerprint: '0123456789abcdef', teams: ['10.0.3.x'], ...signal }],
    })
  })

  it('of a young mesh compares what there is, and says that weekdays differ', async () => {
    const it = world()
    it.days = days(-6, 6)
    expect(await it.reports.make(request)).toMatchObject({ compared: { days_back: 3, same_weekdays: false } })
    it.days = days(-1, 1)
    expect(await it.reports.make(request)).toMatchObject({ compared: null, state: 'shown' })
  })

  it('is refused to who may have no totals at all', async () => {
    const it = world()
    it.status = 'access_denied'
    await expect(it.reports.make(request)).rejects.toMatchObject({
      code: 'refused',
      message: 'No totals for you.',
    })
  })

  it('says why there is nothing', async () => {
    const it = world()
    it.status = 'withheld'
    expect(await it.reports.make(request)).toMatchObject({ state: 'nothing', notes: ['No totals for you.'] })
  })

  it('names machines that left, were lost, are not heard of or have a certificate that ended, at once, and counts those without a certificate', async () => {
    const { machines } = await world().reports.make(request)
    expect(machines).toMatchObject({ enrolled: 7, seen: 2, missing_total: 5, never_enrolled: 1 })
    expect(machines.missing.map(({ name, last_seen }) => [name, last_seen === null])).toEqual([
      ['the cid', true],
      ['the gil', false],
      ['the bob', false],
      ['the fay', false],
      ['the dan', false],
    ])
  })

  it('counts a machine whose key has several successors once, under its certified name, and says so', async () => {
    const it = world()
    it.forked = ['ivy 2', 'ivy 3', IVY] as NodeId[]
    const { machines, notes } = await it.reports.make(request)
    expect(machines).toMatchObject({ enrolled: 8, seen: 2, missing_total: 6, never_enrolled: 1 })
    expect(machines.missing.map(({ name }) => name)).toContain('the ivy')
    expect(notes.join()).toContain('peers.lineage')
    // It is there, whichever of the two it is.
    it.forked = ['bob', 'ann', IVY] as NodeId[]
    expect((await it.reports.make(request)).machines).toMatchObject({
      enrolled: 6,
      seen: 2,
      missing_total: 4,
    })
    // What nobody here admits may be a thief's.
    it.stranger = 'eve' as NodeId
    it.forked = ['eve', IVY] as NodeId[]
    const { missing } = (await it.reports.make(request)).machines
    expect(missing.map(({ name }) => name)).toContain('the ivy')
    // One that has no other key is there, as in `karo peers`.
    it.stranger = 'ann' as NodeId
    it.forked = []
    expect((await it.reports.make(request)).machines).toMatchObject({ seen: 2 })
  })
})

describe('thresholds', () => {
  const watching = { risky: 10 }

  it('are told when they are crossed and when that ends, also over a restart, and never between', async () => {
    const it = world(watching)
    it.days = days(-2, 2, 50)
    await it.reports.look()
    await it.reports.look()
    expect(it.told).toEqual(['risky crossed'])
    const next = it.again()
    next.onThreshold((threshold, state) => it.told.push(`${threshold} ${state}`))
    await next.look()
    it.now += DAY_MS
    it.days = [...it.days, ...days(0, 1, 60)]
    await next.look()
    expect(it.told).toEqual(['risky crossed'])
    expect(next.watched().thresholds).toEqual([{ threshold: 'risky', limit: 10, crossed: true }])
    it.now += DAY_MS
    it.days = [...it.days, ...days(1, 1, 0)]
    await next.look()
    await next.look()
    expect(it.told).toEqual(['risky crossed', 'risky ended'])
    expect(next.watched()).toMatchObject({ thresholds: [{ crossed: false }], problem: null })
  })

  it('are watched also where one kind of numbers of the newest period was spoiled', async () => {
    const it = world({ risky: 5 })
    it.days = [...days(-14, 14), ...days(0, 1, 20)]
    it.spoiled = 0
    it.now = MONDAY + DAY_MS + HOUR_MS
    await it.reports.look()
    expect(it.told).toEqual(['risky crossed'])
  })

  it('ask nothing of anybody while nothing new is released', async () => {
    const it = world(watching)
    it.days = days(-2, 2, 50)
    for (let look = 0; look < 5; look++) await it.reports.look()
    expect(it.asked).toHaveLength(5)
  })

  it('that are taken out of the configuration end', async () => {
    const it = world(watching)
    it.days = days(-2, 2, 50)
    await it.reports.look()
    it.config = { thresholds: OFF }
    await it.reports.look()
    expect([it.told, it.reports.watched().thresholds]).toEqual([['risky crossed', 'risky ended'], []])
  })

  it('are looked at soon after a release has come, however many come', async () => {
    const it = world(watching)
    await it.reports.start()
    expect(it.timers.map(({ ms }) => ms)).toEqual([30_000])
    it.days = days(-2, 2, 50)
    it.released()
    it.released()
    expect(it.timers.map(({ ms }) => ms)).toEqual([30_000, 5_000])
    it.timers.pop()?.run()
    // While it is looked at, so the next look is for this one.
    it.released()
    expect(it.timers.map(({ ms }) => ms)).toEqual([30_000, 5_000])
    await until(() => it.told.length > 0, { what: 'the look has its numbers' })
    expect(it.told).toEqual(['risky crossed'])
    const looksAgain = (): boolean => {
      it.released()
      return it.timers.length > 1
    }
    await until(looksAgain, { what: 'the look is over, and a release begins the next' })
    expect(it.timers).toHaveLength(2)
    await it.reports.stop()
    expect(it.timers).toEqual([])
    it.released()
    expect(it.timers).toEqual([])
  })

  it('are watched by a node whose role totals are released to, and by no other', async () => {
    const it = world(watching)
    it.days = days(-2, 2, 50)
    it.roles = ['lead']
    await it.reports.look()
    expect([it.asked, it.told]).toEqual([[], []])
    // The next certificate has the role.
    it.roles = ['security']
    await it.reports.look()
    expect(it.told).toEqual(['risky crossed'])
  })

  it('that cannot be compared are not known, and the reason is told until they can', async () => {
    const it = world(watching)
    it.days = days(-2, 2, 50)
    it.status = 'access_denied'
    await it.reports.look()
    expect(it.reports.watched()).toEqual({
      problem: 'No totals for you.',
      thresholds: [{ threshold: 'risky', limit: 10, crossed: null }],
    })
    it.status = 'success'
    await it.reports.look()
    expect([it.told, it.reports.watched().problem]).toEqual([['risky crossed'], null])
  })

  it('keep what was told in a file of the node alone; a damaged one is as none', async () => {
    const it = world(watching)
    it.days = days(-2, 2, 50)
    await it.reports.look()
    expect(statSync(it.path).mode & 0o777).toBe(0o600)
    writeFileSync(it.path, '{"stan')
    const next = it.again()
    expect(next.watched().thresholds).toMatchObject([{ crossed: null }])
    await next.look()
    expect(next.watched().thresholds).toMatchObject([{ crossed: true }])
  })

  it('that nobody watches are no reason to open totals', async () => {
    const it = world()
    it.days = days(-2, 2, 50)
    await it.reports.look()
    expect(it.reads).toBe(0)
    it.config = { thresholds: { ...OFF, missing: 3 } }
    await it.reports.look()
    expect(it.reads).toBe(1)
  })
})
