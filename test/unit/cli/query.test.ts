// karo query and karo share, from the words typed to what is printed: real rooms, API and client over an in-memory mesh.

import { createConnection } from 'node:net'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { getIdentity } from '../../../src/api/contract/operations/status.ts'
import { queryRoutes } from '../../../src/api/routes/query.ts'
import { shareRoutes } from '../../../src/api/routes/share.ts'
import { createApi } from '../../../src/api/server/control-socket.ts'
import { serve as route } from '../../../src/api/server/serve.ts'
import { systemClock, systemTimers } from '../../../src/base/clock.ts'
import { KaroError } from '../../../src/base/errors.ts'
import { silentLog } from '../../../src/base/run/log.ts'
import type { Query } from '../../../src/exchange/query/index.ts'
import type { Sessions } from '../../../src/trust/operators/index.ts'
import { owner } from '../../support/api/callers.ts'
import { temporaryDirectory } from '../../support/data/database.ts'
import { createFakeTrust } from '../../support/mesh/fake-trust.ts'
import { commandLine, type Screen } from '../../support/run/command-line.ts'
import { meshOf, person, soon, type TestNode, uses } from '../exchange/query/network.ts'

const NO_CONTRIBUTIONS = {
  audiences: () => [],
  preview: async () => Promise.reject(new Error('not here')),
  readersOf: () => ({ nodes: [], operators: [] }),
}
const NO_SUMMARIES = { preview: async () => [], previewOf: async () => [] }

/** The control socket of a node; resolves with its home. */
async function serve(
  node: TestNode,
  query: Pick<Query, 'ask'> = node.query,
  sessions: Pick<Sessions, 'of'> = { of: () => undefined },
): Promise<string> {
  const home = temporaryDirectory()
  const api = createApi({
    socketPath: join(home, 'karo.sock'),
    routes: [
      queryRoutes({
        clock: systemClock,
        query,
        sessions,
        timeoutMs: () => 5_000,
        fleet: () => ({ why_not: null, revoked_by: null }),
      }),
      shareRoutes({
        sharing: node.sharing,
        summaries: NO_SUMMARIES,
        trust: createFakeTrust(),
        totals: NO_CONTRIBUTIONS,
      }),
      (server) =>
        route(server, getIdentity, async () => ({
          node_id: node.id,
          fingerprint: '0123456789abcdef',
          name: 'ann',
        })),
    ],
    callerOf: () => owner(node.uid),
    rightsOf: async () => owner(),
    clock: systemClock,
    timers: systemTimers,
    log: silentLog,
  })
  await api.start(new AbortController().signal)
  onTestFinished(() => api.stop())
  return home
}

async function karo(home: string, ...words: string[]) {
  return karoOn({ out: '', err: '' }, home, false, ...words)
}

async function karoOn(screen: Screen, home: string, isTTY: boolean, ...words: string[]) {
  const columns = isTTY ? 80 : undefined
  return commandLine(words, { env: { KARO_HOME: home, TERM: 'xterm' }, columns, screen })
}

function pair(options: { allow?: readonly string[] } = {}) {
  const { nodes, wire } = meshOf([
    { name: 'ann' },
    { name: 'bob', people: person(uses('git', 3, 1), uses('npm', 9)), ...options },
  ])
  return { ann: nodes[0]!, bob: nodes[1]!, wire }
}

describe('karo query', () => {
  it('prints the whole result as one JSON document', async () => {
    const { ann, bob } = pair()
    const { code, out, json } = await karo(await serve(ann), 'query', 'tools', '--last', '2h', '--json')
    expect(code).toBe(0)
    expect(out.trimEnd().split('\n')).toHaveLength(1)
    expect(json()).toEqual({
      query_id: expect.stringMatching(/^[0-9a-f]{32}$/),
      trace_id: expect.stringMatching(/^[0-9a-f]{32}$/),
      query_type: 'ToolUsage',
      level: 1,
      time_range: {
        start: expect.stringMatching(/:00:00\.000Z$/),
        end: expect.stringMatching(/:00:00\.000Z$/),
      },
      status: 'success',
      data: {
        tools: [
          { tool: 'npm', category: 'vcs', uses: 9, nodes: 1, failure_rate: 0, change: 9 },
          { tool: 'git', category: 'vcs', uses: 3, nodes: 1, failure_rate: 1 / 3, change: 3 },
        ],
      },
      as_of: expect.stringMatching(/Z$/),
      coverage: {
        known: 1,
        answered: 1,
        from_summary: 0,
        denied: 0,
        withheld: 0,
        failed: 0,
        unreachable: 0,
        complete: true,
        nodes: [{ fingerprint: bob.identity.fingerprint, name: 'bob', outcome: 'answered' }],
      },
      reach: { nodes: 2, whole: 2, short: [] },
      compared: { nodes: 1, of: 1 },
      privacy: { mode: 'per_node', k_min: 5, cells_suppressed: 0, noise: null },
      ended_by: 'all_done',
      timing: { first_ms: expect.any(Number), last_ms: expect.any(Number), elapsed_ms: expect.any(Number) },
      notes: [],
    })
    const { time_range, timing } = json()
    const hours = (Date.parse(time_range.end) - Date.parse(time_range.start)) / 3_600_000
    expect([2, 3]).toContain(hours)
    expect(timing.elapsed_ms).toBeGreaterThanOrEqual(timing.last_ms)
  })

  it('exits 4 where everything is denied or withheld, and 5 where a node is missing that has to be there', async () => {
    const { ann } = pair({ allow: [] })
    const home = await serve(ann)
    const { code, json } = await karo(home, 'query', 'tools', '--json')
    expect([code, json().status, json().coverage.denied]).toEqual([4, 'access_denied', 1])
    const { ann: asks, bob, wire } = pair()
    wire.cut(asks.id, bob.id)
    const there = await serve(asks)
    expect((await karo(there, 'query', 'health', '--require-complete')).code).toBe(5)
    wire.connect(asks.id, bob.id)
    expect((await karo(there, 'query', 'health', '--require-complete')).code).toBe(0)
    const { json: each } = await karo(there, 'query', 'tools', '--per-node', '--json')
    expect(each().nodes.map((node: { name: string }) => node.name)).toEqual(['bob'])
  })

  it('shows people the numbers, always who answered, and why there are none', async () => {
    const page: string[] = []
    const shows = async ({ ann }: ReturnType<typeof pair>, ...words: string[]): Promise<void> => {
      const { code, out } = await karo(await serve(ann), 'query', ...words)
      const plain = out
        .replaceAll(/\([\d.]+ m?s\)/g, '(…)')
        .replaceAll(/\d{4}-\d\d-\d\d \d\d:00/g, '…')
        .replaceAll(/just now|\d+ s ago/g, 'lately')
      page.push(`--- ${words.join(' ')}: ${code}\n${plain}`)
    }
    await shows(pair(), 'tools')
    await shows(pair(), 'tools', '--per-node')
    const compared = pair()
    compared.bob.earlier = [uses('npm', 11)]
    await shows(compared, 'tools')
    await shows(pair({ allow: [] }), 'tools')
    const withheld = pair()
    withheld.bob.trusts(withheld.ann, 'supervisor')
    await shows(withheld, 'tools')
    const risky = pair()
    risky.bob.safety = {
      by_risk_level: { safe: 1200, moderate: 30, high: 7, critical: 0 },
      blocked: 3,
      confirmed_risky: 2,
      karo_generated: 5,
      guard: 'off',
      hook: 'silent',
    }
    await shows(risky, 'safety', '--per-node')
    await shows(risky, 'safety', '--where', 'risk_level=in:high,critical')
    const apart = pair()
    apart.wire.cut(apart.ann.id, apart.bob.id)
    await shows(apart, 'health')
    const hours = { granularity: 'hour', start: 0, end: 3_600_000, generated_at: 0, closed: true } as const
    apart.ann.covers.set(apart.bob.id, {
      summaries: [{ ...hours, node_id: apart.bob.id, tool_usage: { tools: [uses('git', 4)] } }],
      as_of: Date.now() - 3.1 * 3_600_000,
      covers: { start: 0, end: 3_600_000 },
    })
    await shows(apart, 'tools', '--per-node')
    await shows(apart, 'tools', '--require-complete')
    expect(page.join('\n')).toMatchSnapshot()
  })

  it('refuses words that make no sense, with exit code 2, before anything is asked', async () => {
    const { ann, bob } = pair()
    const home = await serve(ann)
    const wrong = [
      ['query'],
      ['query', 'weather'],
      ['query', 'tools', '--where', 'tool'],
      ['query', 'tools', '--where', 'risk_level=high'],
      ['query', 'tools', '--where', 'tool=git', '--where', 'uses=contains:1'],
      ['query', 'tools', '--team', ''],
      ['query', 'tools', '--team', 'nobody'],
      ['query', 'tools', '--every', '5s'],
      ['query', 'tools', '--watch', '--every', '10ms'],
      ['query', 'tools', '--watch', '--require-complete'],
      ['query', 'tools', '--watch', '--where', 'what=1'],
      ['query', 'activity', '--level', '3'],
      ['query', 'tools', '--last', 'soon'],
      ['query', 'tools', '--last', '2h', '--from', '3h'],
      ['query', 'tools', '--to', '3h'],
      ['query', 'tools', '--from', '1h', '--to', '2h'],
      ['query', 'tools', '--from', '1000d'],
      ['query', 'tools', '--level', '0'],
      ['query', 'tools', '--timeout', '2m'],
      ['query', 'health', '--level', '2'],
    ]
    for (const words of wrong) expect([words, (await karo(home, ...words)).code]).toEqual([words, 2])
    expect((await karo(home, 'query', 'weather')).err).toMatch(/tools, safety, activity, anomalies, health/)
    const { err } = await karo(home, 'query', 'tools', '--where', 'risk_level=high')
    expect(err).toMatch(/--where: tools has no field 'risk_level'/)
    expect(err).toMatch(/tool, category, uses, nodes/)
    // What the daemon refuses is named as it was typed.
    for (const [option, value] of [
      ['--team', 'nobody'],
      ['--last', '1000d'],
      ['--from', '1000d'],
    ] as const) {
      const refused = await karo(home, 'query', 'tools', option, value, '--json')
      expect(refused.json().error.where).toBe(option)
    }
    expect((await karo(home, 'query', 'tools', '--last', '1h', '--to', 'now')).err).not.toMatch(
      /--(\w+): --\1/,
    )
    expect(bob.gathered).toEqual([])
    expect(bob.audits).toEqual([])
  })

  it('is cancelled when whoever asked hangs up', async () => {
    const { ann } = pair()
    let asked: AbortSignal | undefined
    const home = await serve(ann, {
      ask: (request, signal) => {
        asked = signal
        return ann.query.ask(request, signal)
      },
    })
    ann.gate = () => new Promise(() => {})
    const body = JSON.stringify({
      query_type: 'ToolUsage',
      range: { start: '2026-11-20T08:00:00Z', end: '2026-11-20T09:00:00Z' },
      timeout_ms: 60_000,
    })
    const socket = createConnection({ path: join(home, 'karo.sock') })
    const head = `POST /api/v1/query HTTP/1.0\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`
    socket.write(head + body)
    await soon(() => asked !== undefined)
    expect(asked?.aborted).toBe(false)
    socket.destroy()
    await soon(() => asked?.aborted === true)
    await soon(() => ann.audits.length === 1)
    expect(ann.audits[0]).toMatchObject({ type: 'query_asked', details: { ended_by: 'cancelled' } })
  })
})

describe('karo query of other kinds', () => {
  const oneHour = (total_commands: number) => ({
    hourly: Array.from({ length: 24 }, (_, hour) => (hour === 9 ? total_commands : 0)),
    daily: [0, total_commands, 0, 0, 0, 0, 0],
    total_commands,
    unique_commands: 2,
  })

  it('draws when people work, in 80 columns', async () => {
    const { ann, bob } = pair()
    bob.activity = oneHour(40)
    const home = await serve(ann)
    const screen = { out: '', err: '' }
    const { code, out } = await karoOn(screen, home, true, 'query', 'activity', '--per-node')
    expect(code).toBe(0)
    const lines = stripVTControlCharacters(out).split('\n')
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80)
    expect(lines[0]).toBe('40 commands, 2 different; as many as before')
    const axis = lines.findIndex((line) => line.startsWith('0  1  2 '))
    // The bar stands above its hour.
    expect(lines[axis - 1]?.slice(27, 29)).toBe('██')
    expect(lines[axis]?.slice(27, 29).trim()).toBe('9')
    expect(lines.some((line) => /^Tu +40 +█+$/.test(line))).toBe(true)
    expect(lines.some((line) => /^bob +40 +2 +·········█·/.test(line))).toBe(true)
  })

  it('is only about what filters and a team leave', async () => {
    const { ann, bob } = pair()
    ann.trusts(bob, 'peer', { teams: ['eng'] })
    const home = await serve(ann)
    const { json } = await karo(
      home,
      'query',
      'tools',
      '--where',
      'uses=gt:5',
      '--where',
      'tool=!=:git',
      '--team',
      'eng',
      '--json',
    )
    expect(json()).toMatchObject({
      filters: [
        { field: 'uses', operator: 'GreaterThan', value: '5' },
        { field: 'tool', operator: 'NotEquals', value: 'git' },
      ],
      team: 'eng',
      data: { tools: [{ tool: 'npm' }] },
    })
    const { out } = await karo(home, 'query', 'tools', '--where', 'tool=emacs')
    expect(out).toMatch(/Nothing matches the filters: leave out a --where/)
    const { err } = await karo(home, 'query', 'tools', '--team', 'ops')
    expect(err).toMatch(/team 'ops'[\s\S]*known here are: eng/)
  })
})

describe('a terminal', () => {
  it('sees how many have answered while it waits, and nothing of it afterwards', async () => {
    const { ann, bob } = pair()
    const held = Promise.withResolvers<void>()
    bob.gate = () => held.promise
    const screen = { out: '', err: '' }
    const asking = karoOn(screen, await serve(ann), true, 'query', 'tools')
    await soon(() => screen.err !== '')
    expect(screen.err).toBe('\r\x1b[K0 of 1 other answered …')
    expect(screen.out).toBe('')
    held.resolve()
    expect((await asking).code).toBe(0)
    expect(screen.err.endsWith('\r\x1b[K')).toBe(true)
    expect(screen.out).toMatch(/npm/)
  })
})

describe('karo query --watch', () => {
  /** Ctrl-C, as the terminal sends it to the process. */
  const interrupt = () => process.emit('SIGINT')

  it('asks again until Ctrl-C: one result per line, and exit 0', async () => {
    const { ann } = pair()
    const screen = { out: '', err: '' }
    const watching = karoOn(
      screen,
      await serve(ann),
      false,
      'query',
      'tools',
      '--watch',
      '--every',
      '1s',
      '--json',
    )
    await soon(() => screen.out.split('\n').length > 2)
    interrupt()
    expect((await watching).code).toBe(0)
    const results = screen.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(results.length).toBeGreaterThanOrEqual(2)
    for (const result of results)
      expect(result).toMatchObject({ status: 'success', coverage: { known: 1, answered: 1 } })
    expect(new Set(results.map((result) => result.query_id)).size).toBe(results.length)
    expect(screen.err).toBe('')
  })

  it('shows people what is new since the last answer', async () => {
    const { ann, bob } = pair()
    bob.safety = { ...bob.safety, by_risk_level: { safe: 10, moderate: 0, high: 0, critical: 0 } }
    const screen = { out: '', err: '' }
    const watching = karoOn(screen, await serve(ann), true, 'query', 'safety', '--watch', '--every', '1s')
    await soon(() => screen.out.includes('of 1 other'))
    expect(screen.out).not.toContain('\x1b[2J')
    bob.safety = { ...bob.safety, by_risk_level: { safe: 13, moderate: 0, high: 0, critical: 0 }, blocked: 1 }
    await soon(() => screen.out.includes('(+3)'))
    interrupt()
    expect((await watching).code).toBe(0)
    expect(stripVTControlCharacters(screen.out)).toMatch(/safe +13 \(\+3\)[\s\S]*blocked 1 \(\+1\)/)
  })

  it('ends with the login under which it began, and does not go on as the node', async () => {
    const { ann } = pair()
    const asked_as = {
      operator: ann.id,
      fingerprint: ann.identity.fingerprint,
      name: 'carol',
      roles: ['lead'],
      teams: [],
    }
    let asked = 0
    const ask: Query['ask'] = async ({ acting, ...request }, signal) => {
      asked++
      return { ...(await ann.query.ask(request, signal)), ...(acting && { asked_as }) }
    }
    const login = { name: 'carol' } as unknown as ReturnType<Sessions['of']>
    const home = await serve(ann, { ask }, { of: () => (asked === 0 ? login : undefined) })
    const screen = { out: '', err: '' }
    const words = ['query', 'tools', '--watch', '--every', '1s']
    expect((await karoOn(screen, home, false, ...words)).code).toBe(4)
    expect(asked).toBe(1)
    expect(screen.out).toContain('asked as carol')
    expect(screen.err).toContain('not logged in')
  })

  it('takes back the question under way at Ctrl-C', async () => {
    const { ann, bob } = pair()
    bob.gate = () => new Promise(() => {})
    const home = await serve(ann)
    const screen = { out: '', err: '' }
    const watching = karoOn(screen, home, false, 'query', 'tools', '--watch', '--timeout', '60s')
    await soon(() => bob.gathered.length === 1)
    interrupt()
    expect(await watching).toMatchObject({ code: 0, out: '', err: '' })
    await soon(() => ann.audits.length === 1)
    expect(ann.audits[0]).toMatchObject({ type: 'query_asked', details: { ended_by: 'cancelled' } })
  })

  it('goes on when a daemon that has answered comes back, and says once that it is away', async () => {
    const { ann } = pair()
    let asked = 0
    const query: Pick<Query, 'ask'> = {
      ask: (...given) => {
        asked++
        if (asked === 2 || asked === 3) return Promise.reject(new KaroError('unavailable', 'it is stopping'))
        return ann.query.ask(...given)
      },
    }
    const screen = { out: '', err: '' }
    const words = ['query', 'tools', '--watch', '--every', '1s', '--json']
    const watching = karoOn(screen, await serve(ann, query), false, ...words)
    await soon(() => screen.out.split('\n').length > 2)
    interrupt()
    expect((await watching).code).toBe(0)
    expect(asked).toBeGreaterThanOrEqual(4)
    expect(screen.err).toBe('karo: it is stopping; asking again until it answers\n')
  })

  it('leaves the line of ^C on a terminal', async () => {
    const { ann } = pair()
    const screen = { out: '', err: '' }
    const watching = karoOn(screen, await serve(ann), true, 'query', 'tools', '--watch')
    await soon(() => screen.out.includes('of 1 other'))
    interrupt()
    expect((await watching).err).toMatch(/\n$/)
  })

  it('ends with the error when the daemon does', async () => {
    const { ann } = pair()
    const home = await serve(ann)
    expect((await karo(`${home}/no`, 'query', 'tools', '--watch')).code).toBe(3)
    await ann.query.stop()
    const { code, err } = await karo(home, 'query', 'tools', '--watch')
    expect([code, err]).toEqual([1, expect.stringMatching(/stopping/)])
  })
})

describe('karo share', () => {
  it('decides at once what others get, and shows how it is afterwards', async () => {
    const { ann, bob } = pair({ allow: [] })
    const [asking, sharing] = [await serve(ann), await serve(bob)]
    const status = async () => (await karo(asking, 'query', 'tools', '--json')).json().coverage
    expect((await status()).denied).toBe(1)

    const allowed = await karo(sharing, 'share', 'allow', ann.id, '--json')
    expect(allowed.code).toBe(0)
    expect(allowed.json()).toMatchObject({
      sharing: 'on',
      source: 'decision',
      allow: { peers: [ann.id] },
      allow_only: [],
      stopped: [],
      stopped_only: [],
      peers: [{ node_id: ann.id, trust_level: 'peer', rule: 'consent.allow' }],
    })
    expect(allowed.json().peers[0].level_1).toContain('tool_usage')
    expect(allowed.json().peers[0].summaries).toContain('tool_usage')
    expect((await status()).answered).toBe(1)

    const stopped = (await karo(sharing, 'share', 'stop', ann.id, '--json')).json()
    expect(stopped).toMatchObject({ allow: { peers: [] }, stopped: [ann.id] })
    expect(stopped.peers[0]).toMatchObject({
      level_1: [],
      summaries: [],
      level_2: [],
      rule: 'consent.stopped',
    })
    expect((await status()).denied).toBe(1)

    await karo(sharing, 'share', 'allow', '*')
    expect((await status()).denied).toBe(1)
    await karo(sharing, 'share', 'allow', ann.id)
    expect((await status()).answered).toBe(1)

    expect((await karo(sharing, 'share', 'off', '--json')).json()).toMatchObject({ sharing: 'off' })
    expect((await status()).denied).toBe(1)
    await karo(sharing, 'share', 'on')
    expect((await status()).answered).toBe(1)
    await karo(sharing, 'share', 'stop', '*')
    expect((await status()).denied).toBe(1)
  })

  it('tells people where they stand', async () => {
    const { ann, bob } = pair()
    const home = await serve(bob)
    expect((await karo(home, 'share', 'show')).out).toMatch(/Sharing is on, by the configuration/)
    bob.trusts(ann, 'peer', { name: 'Ann' })
    const { out } = await karo(home, 'share', 'stop', 'Ann')
    expect(out).toMatch(/as you decided/)
    expect(out).toMatch(/Stopped: Ann\./)
    expect(out).toMatch(/Ann +peer +no +no +no +consent was withdrawn \(karo share stop\)/)
  })

  it('takes teams and roles, and refuses what names nobody', async () => {
    const { ann, bob } = pair({ allow: [] })
    bob.trusts(ann, 'peer', { teams: ['eng'] })
    const home = await serve(bob)
    const { json } = await karo(home, 'share', 'allow', 'team:eng', '--json')
    expect(json().peers[0].level_1).toContain('tool_usage')
    for (const who of ['team:', 'role:two words', 'nobody', '']) {
      const { code } = await karo(home, 'share', 'allow', who)
      expect([who, code === 0]).toEqual([who, false])
    }
    expect((await karo(home, 'share', 'show', '--json')).json().allow.peers).toEqual(['team:eng'])
  })
})
