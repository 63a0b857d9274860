// Metrics: their whole set of series against the tables, whatever peers and callers send; and the two formats.

import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import type { Operation } from '../../../src/api/contract/operation.ts'
import { OPERATIONS } from '../../../src/api/contract/operations/index.ts'
import { metricsRoutes } from '../../../src/api/routes/care/metrics.ts'
import type { Rooms } from '../../../src/api/server/rooms.ts'
import type { Routes } from '../../../src/api/server/route.ts'
import { serve } from '../../../src/api/server/serve.ts'
import type { QueryResult } from '../../../src/exchange/query/schema.ts'
import { toOpenMetrics } from '../../../src/ops/metrics/format.ts'
import { createMetrics } from '../../../src/ops/metrics/metrics.ts'
import { createProbe } from '../../../src/ops/metrics/probe.ts'
import { readAll, type Sources } from '../../../src/ops/metrics/readings.ts'
import { LABELS, METRICS, type Metric, OTHER, OWN_LABELS } from '../../../src/ops/metrics/table.ts'
import { serving } from '../../support/api/serving.ts'
import { VirtualTime } from '../../support/run/virtual-time.ts'
import { some } from '../../support/some.ts'

const now = 1_700_000_000_000
const clock = { now: () => now, monotonic: () => 0 }

/** What a room says when all is well; a test changes a part of it. */
function sources(changed: Partial<Record<keyof Sources, unknown>> = {}): Sources {
  return {
    version: '1.0.0',
    health: () => ({ ready: true, checks: [{ name: 'store.open', ok: true, detail: '' }] }),
    mesh: {
      status: () => ({
        listen: ['/ip4/10.0.0.1/tcp/1'],
        peers_connected: 2,
        peers_trusted: 2,
        peers_pending: 1,
      }),
      rejections: () => ({ stale: 3 }),
      inspect: () => ({
        connections: [
          { admitted: true, skew_ms: -1500, karo_version: '0.9.0' },
          { admitted: true, skew_ms: 20, karo_version: '1.0.0' },
          { admitted: false, skew_ms: 9e9, karo_version: 'x' },
        ],
        one_sided: ['a'],
      }),
    },
    trust: {
      members: () => [{ offline: true, unsure: false }, { offline: false, unsure: true }, {}],
      member: () => ({ offline: false, unsure: false }),
    },
    fleet: {
      state: () => ({
        mesh: 'm',
        own: { node_id: 'a', not_before: now, not_after: now + 60_000 },
        lists_at: now,
      }),
      certified: () => [
        { usage: 'issuer', node_id: 'a' },
        { usage: 'issuer', node_id: 'b' },
        { usage: 'node', node_id: 'c' },
      ],
      operators: { list: () => [{ state: 'valid' }, { state: 'valid' }, { state: 'void' }] },
    },
    sessions: { count: () => 2 },
    clock,
    documents: { counts: () => ({ own: 1, received: 2, relayed: 3, bytes: 4, conflicts: 5 }) },
    summaries: { status: () => ({ recipients: 1, left_out: 0, refused: 0 }) },
    query: { status: () => ({ asking: 1, answering: 2, relayed: 3, relay_dropped: 4 }) },
    reports: {
      watched: () => ({
        thresholds: LABELS.threshold.map((threshold) => ({ threshold, limit: 5, crossed: true })),
      }),
    },
    store: { bytes: async () => 1234 },
    observe: { status: async () => ({ pending_bytes: 5, dropped: 6 }), failures: () => 7 },
    feed: { followers: () => 4 },
    audit: { status: () => ({ written: 8, dropped: 9 }) },
    forward: { status: () => [{ waiting: 5 }, { waiting: 7 }] },
    tokens: { count: () => 1 },
    agents: {
      states: () => ({ agents: LABELS.agent_state, tasks: LABELS.task_state }),
    },
    anomalies: { counts: async () => Object.fromEntries(LABELS.anomaly.map((kind) => [kind, 1])) },
    probe: async () => {},
    places: { home: '/', spool: '/' },
    ...changed,
  } as unknown as Sources
}

function measuring(from: Sources = sources()) {
  const metrics = createMetrics({ version: '1.0.0', clock, readings: () => readAll(from) })
  return { metrics, text: async () => (await metrics.render('text')).body }
}

/** `name{a="b"}` of every sample, without its value. */
const seriesOf = (text: string): string[] =>
  text
    .split('\n')
    .flatMap((line) => (line === '' || line.startsWith('#') ? [] : [line.replace(/ [^ ]+$/, '')]))

/** Everything happens once, as it may. */
function once({ metrics }: ReturnType<typeof measuring>): void {
  for (const query_type of LABELS.query_type) {
    for (const status of LABELS.status) metrics.query.answered({ query_type, status })
    for (const ended_by of LABELS.ended_by) metrics.query.asked(asked({ query_type, ended_by }))
  }
  for (const level of LABELS.level) metrics.logged(level)
  for (const refusal of LABELS.refusal) metrics.refused(refusal)
  for (const gate of LABELS.gate) metrics.denied(gate)
  for (const denial of LABELS.artifact_denial) metrics.artifactDenied(denial)
  for (const method of LABELS.method) {
    for (const status of [101, 200, 302, 404, 500]) {
      metrics.request({ route: '/api/v1/status', personal: false, method, status, elapsed_ms: 1 })
    }
  }
  metrics.probed(true, 3)
  metrics.lagged(4)
  metrics.watchdog(60_000)
  metrics.fed()
}

const asked = (part: Pick<QueryResult, 'query_type' | 'ended_by'>) => ({
  ...part,
  coverage: {
    nodes: LABELS.outcome.map((outcome) => ({ outcome, name: 'zqname', fingerprint: 'zqfingerprint' })),
  } as unknown as QueryResult['coverage'],
  timing: { first_ms: 1, last_ms: 2, elapsed_ms: 300 },
})

function samplesOf(text: string): { name: string; labels: Map<string, string>; value: number }[] {
  return text.split('\n').flatMap((line) => {
    const [, name, labels = '', value] = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
    if (name === undefined) return []
    const pairs = Array.from(labels.matchAll(/([a-z_]+)="([^"]*)"/g), ([, key, of]) => [key!, of!] as const)
    return [{ name, labels: new Map(pairs), value: Number(value) }]
  })
}

const value = (text: string, series: string): number | undefined => {
  const line = text.split('\n').find((one) => one.startsWith(`${series} `))
  return line === undefined ? undefined : Number(line.slice(series.length + 1))
}

describe('the set of series', () => {
  test('every sample is in the table, with the labels and values the tables name', async () => {
    const all = measuring()
    once(all)
    const text = await all.text()
    const samples = samplesOf(text)
    const table: Readonly<Record<string, Metric>> = METRICS
    const seen = new Set<string>()
    for (const { name, labels } of samples) {
      const family = name in METRICS ? name : name.replace(/_(bucket|sum|count)$/, '')
      seen.add(family)
      const metric = table[family]
      expect(metric, name).toBeDefined()
      const own = [...(metric!.labels ?? []), ...(name.endsWith('_bucket') ? ['le'] : [])]
      expect([...labels.keys()].sort(), name).toEqual([...own].sort())
      for (const [label, of] of labels) {
        if (label === 'le') expect([...metric!.buckets!.map(String), '+Inf'], name).toContain(of)
        else if (!OWN_LABELS.some((one) => one === label)) {
          expect(LABELS[label as keyof typeof LABELS], `${name} ${label}`).toContain(of)
        }
      }
    }
    // All of them: a metric that nothing feeds would not be worth its line.
    const unfed = Object.keys(METRICS).filter((name) => !seen.has(name))
    expect(
      unfed,
      'No value came. With `read`: readings.ts has to give it, from what `sources()` here plays. Else: `once()` here has to count it.',
    ).toEqual([])
    expect(new Set(seriesOf(text)).size).toBe(seriesOf(text).length)
  })

  test('ten thousand hostile peers, routes and codes add one series each kind, and no word of theirs', async () => {
    let i = 0
    const next = (): string => `zqhostile${i++}"} 1\n# zq`
    const hostile = sources({
      health: () => ({
        ready: false,
        checks: Array.from({ length: 50 }, () => ({ name: next(), ok: false, detail: next() })),
      }),
    })
    const all = measuring(hostile)
    once(all)
    const before = seriesOf(await all.text()).length
    const { metrics } = all
    for (let n = 0; n < 10_000; n++) {
      metrics.query.answered({ query_type: next(), status: next() } as never)
      metrics.query.asked({ ...asked({ query_type: next(), ended_by: next() } as never) })
      metrics.query.asked({
        ...asked({ query_type: 'ToolUsage', ended_by: 'all_done' }),
        coverage: { nodes: [{ outcome: next() }] } as never,
      })
      metrics.request({ route: undefined, personal: false, method: next(), status: n, elapsed_ms: 1 })
      metrics.logged(next() as never)
      metrics.refused(next() as never)
    }
    const text = await all.text()
    expect(text).not.toMatch(/zq/)
    // `other` in each label that was attacked: the histograms of questions (13 series) and of requests (9), requests of
    // six classes, and one each of answers, outcomes, log lines and refusals.
    expect(seriesOf(text).length - before).toBe(13 + 9 + 6 + 4)
    const routed = measuring()
    for (let n = 0; n < 10_000; n++) {
      routed.metrics.request({ route: `/r/${n}`, personal: false, method: 'GET', status: 200, elapsed_ms: 1 })
    }
    const routes = new Set(samplesOf(await routed.text()).map(({ labels }) => labels.get('route')))
    expect(routes.size).toBeLessThanOrEqual(130)
    expect(routes).toContain(OTHER)
  })

  test('affairs of one person are all one: nobody learns from the metrics which', async () => {
    const all = measuring()
    const affairs: [Operation, number][] = []
    const described: Routes = (server) => {
      for (const operation of OPERATIONS) {
        if (operation.body !== undefined || operation.query !== undefined) continue
        affairs.push([operation, 200])
        serve(server, operation, async (_request, reply) => reply.send({}))
      }
    }
    const { server } = serving(described, { onAnswered: all.metrics.request })
    await server.ready()
    for (const [{ method, path }] of affairs) await server.inject({ method, url: path })
    const text = await all.text()
    const routes = new Set(samplesOf(text).flatMap(({ labels }) => labels.get('route') ?? []))
    expect(routes).toContain('/api/v1/status')
    for (const route of routes)
      expect(route).not.toMatch(/share|history|token|session|audit|export|import|stats/)
    const personal = affairs.filter(([{ tag }]) =>
      ['terminal', 'agents', 'sharing', 'ledger', 'keys'].includes(tag),
    )
    expect(personal.map(([{ path }]) => path)).toContain('/api/v1/share/off')
    const counted = 'karo_api_requests_total{route="personal",method="any",class="2xx"}'
    expect(value(text, counted)).toBe(personal.length)
  })

  test('requests with ten thousand paths and methods are one route to the metrics', async () => {
    const all = measuring()
    const { get } = serving(metricsRoutes(some<Rooms>({ metrics: all.metrics })), {
      onAnswered: all.metrics.request,
    })
    for (let n = 0; n < 500; n++) await get(`/api/v1/zq${n}?zq=${n}`)
    await get('/metrics?zq=1')
    const { text } = await get('/api/v1/metrics')
    expect(text).not.toContain('zq')
    expect(value(text, `karo_api_requests_total{route="${OTHER}",method="GET",class="4xx"}`)).toBe(500)
    expect(value(text, 'karo_api_requests_total{route="/metrics",method="GET",class="2xx"}')).toBe(1)
  })
})

describe('what is read', () => {
  test('comes from the rooms, in base units', async () => {
    const text = await measuring().text()
    const read = {
      karo_ready: 1,
      karo_mesh_neighbours: 2,
      karo_mesh_clock_skew_seconds: 1.5,
      karo_mesh_neighbours_other_version: 1,
      karo_mesh_one_sided_peers: 1,
      'karo_mesh_rejected_frames_total{reason="stale"}': 3,
      ...Object.fromEntries(LABELS.presence.map((one) => [`karo_mesh_members{presence="${one}"}`, 1])),
      'karo_documents{role="relayed"}': 3,
      'karo_queries_in_progress{side="answering"}': 2,
      // Not to the byte: a series of that would show each command.
      karo_store_bytes: 1024 * 1024,
      karo_spool_pending_bytes: 0,
      karo_spool_dropped_records_total: 6,
      karo_event_followers: 4,
      karo_audit_dropped_entries_total: 9,
    }
    for (const [series, number] of Object.entries(read)) expect(value(text, series), series).toBe(number)
    expect(value(text, 'karo_filesystem_available_bytes{place="home"}')).toBeGreaterThan(0)
    const backlog = async () => ({ pending_bytes: 200_000, dropped: 6 })
    const behind = measuring(sources({ observe: { status: backlog, failures: () => 7 } }))
    expect(value(await behind.text(), 'karo_spool_pending_bytes')).toBe(3 * 64 * 1024)
  })

  test('is not added up from look to look, and goes when it is not known any more', async () => {
    let skew: number | null = 1000
    const connected = sources()
    const mesh = {
      ...connected.mesh,
      inspect: () => ({
        connections: [{ admitted: true, skew_ms: skew, karo_version: null }],
        one_sided: [],
      }),
    }
    const all = measuring(sources({ mesh }))
    await all.text()
    expect(value(await all.text(), 'karo_audit_entries_total')).toBe(8)
    skew = null
    expect(value(await all.text(), 'karo_mesh_clock_skew_seconds')).toBeUndefined()
  })

  test('what is counted begins at 0 for each value of its label, so that the first time shows as an increase', async () => {
    const text = await measuring().text()
    for (const [name, { type, labels = [], ...metric }] of Object.entries<Metric>(METRICS)) {
      const [label, ...others] = labels
      if (type !== 'counter' || metric.read || label === undefined || others.length > 0) continue
      for (const of of LABELS[label as keyof typeof LABELS])
        expect(value(text, `${name}{${label}="${of}"}`), `${name} ${of}`).toBe(0)
    }
    expect(value(text, 'karo_api_refused_total{refusal="rate"}')).toBe(0)
  })

  test('a room that fails leaves out its own numbers and no others', async () => {
    const fails = (): never => {
      throw new Error('closed')
    }
    const all = measuring(sources({ store: { bytes: fails }, mesh: { status: fails }, probe: fails }))
    const text = await all.text()
    expect(value(text, 'karo_store_bytes')).toBeUndefined()
    expect(value(text, 'karo_mesh_neighbours')).toBeUndefined()
    expect(value(text, 'karo_audit_entries_total')).toBe(8)
    expect(value(text, 'process_resident_memory_bytes')).toBeGreaterThan(0)
  })

  test('those who look at the same time cause one look', async () => {
    let looks = 0
    const all = measuring(sources({ probe: async () => void looks++ }))
    const bodies = await Promise.all(Array.from({ length: 20 }, all.text))
    expect(looks).toBe(1)
    expect(new Set(bodies).size).toBe(1)
  })
})

describe('the formats', () => {
  test('a scraper that accepts OpenMetrics gets it, any other the text format', async () => {
    const all = measuring()
    once(all)
    const { server } = serving(metricsRoutes(some<Rooms>({ metrics: all.metrics })))
    const get = async (accept?: string) =>
      server.inject({ url: '/metrics', headers: accept === undefined ? {} : { accept } })
    const plain = await get()
    expect(plain.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(plain.body).toContain(
      '# TYPE karo_log_lines_total counter\nkaro_log_lines_total{level="debug"} 1\n',
    )
    const asPrometheus =
      'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1'
    const open = await get(asPrometheus)
    expect(open.headers['content-type']).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8')
    expect(open.body).toContain('# TYPE karo_log_lines counter\nkaro_log_lines_total{level="debug"} 1\n')
    expect(open.body.endsWith('\n# EOF\n')).toBe(true)
    expect(open.body).not.toContain('\n\n')
    // Asking for one does not change what the next one gets.
    expect((await get('application/openmetrics-text;q=0, text/plain')).body).toContain(
      '# TYPE karo_log_lines_total counter',
    )
  })

  test('only families of counters lose their suffix', () => {
    expect(
      toOpenMetrics(
        '# HELP a_total x\n# TYPE a_total counter\na_total 1\n\n# TYPE b_total gauge\nb_total 2\n',
      ),
    ).toBe('# HELP a x\n# TYPE a counter\na_total 1\n# TYPE b_total gauge\nb_total 2\n# EOF\n')
  })

  const promtool = spawnSync('promtool', ['--version']).error === undefined
  test.skipIf(!promtool)('names, types and help please promtool', async () => {
    const all = measuring()
    once(all)
    const checked = spawnSync('promtool', ['check', 'metrics'], { input: await all.text(), encoding: 'utf8' })
    expect([checked.status, checked.stdout, checked.stderr]).toEqual([0, '', ''])
  })
})

describe('the probe of the database', () => {
  function probing(answer: () => Promise<void>) {
    const time = new VirtualTime()
    const seen: [boolean, number][] = []
    let tried = 0
    const probe = createProbe({
      probe: () => {
        tried++
        return answer()
      },
      probed: (ok, ms) => seen.push([ok, ms]),
      clock: time.clock,
      timers: time,
    })
    return { probe, seen, time, tried: () => tried }
  }

  test('is told to the metrics, and is a write only every five seconds', async () => {
    const { probe, seen, time, tried } = probing(async () => {})
    await probe.lately()
    await probe.lately()
    expect([seen, tried()]).toEqual([[[true, 0]], 1])
    time.advance(5_000)
    await probe.lately()
    expect(tried()).toBe(2)
  })

  test('a database that hangs is a failed one after two seconds, and is not asked again', async () => {
    const { probe, seen, time, tried } = probing(() => new Promise(() => {}))
    const looked = probe.lately()
    time.advance(2_000)
    await looked
    expect(seen).toEqual([[false, 2_000]])
    void probe.now().catch(() => {})
    expect(tried()).toBe(1)
  })

  test('what the database refuses is told, and thrown to the watchdog only', async () => {
    const { probe, seen } = probing(async () => {
      throw new Error('read-only')
    })
    await probe.lately()
    expect(seen).toEqual([[false, 0]])
    await expect(probe.now()).rejects.toThrow('read-only')
  })
})
