// karo query and karo share, from the words typed to what is printed: real rooms, API and client over an in-memory mesh.

import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { getIdentity, getStatus } from '../../../src/api/contract/operations/status.ts'
import { queryRoutes } from '../../../src/api/routes/query.ts'
import { shareRoutes } from '../../../src/api/routes/share.ts'
import { createApi } from '../../../src/api/server/control-socket.ts'
import type { Rooms } from '../../../src/api/server/rooms.ts'
import { serve as route } from '../../../src/api/server/serve.ts'
import { systemClock, systemTimers } from '../../../src/base/clock.ts'
import { KaroError } from '../../../src/base/errors.ts'
import { silentLog } from '../../../src/base/run/log.ts'
import type { Query } from '../../../src/exchange/query/index.ts'
import type { Sessions } from '../../../src/trust/operators/index.ts'
import { owner, unreadLedger } from '../../support/api/callers.ts'
import { ANSWERS } from '../../support/data/answers.ts'
import { temporaryDirectory } from '../../support/data/database.ts'
import { createFakeTrust } from '../../support/mesh/fake-trust.ts'
import { karo as played } from '../../support/node/played-daemon.ts'
import { commandLine } from '../../support/run/command-line.ts'
import { some } from '../../support/some.ts'
import { meshOf, person, soon, type TestNode, uses } from '../exchange/query/network.ts'

// A second between two questions of --watch is a hundredth of one here.
vi.mock(import('../../../src/cli/terminal/interrupt.ts'), async (original) => {
  const whole = await original()
  return { ...whole, pause: (ms, signal) => whole.pause(ms / 100, signal) }
})

const NO_TOTALS = {
  audiences: () => [],
  preview: async () => Promise.reject(new Error('not here')),
  readersOf: () => ({ nodes: [], operators: [] }),
}

/** The control socket of a node; resolves with its home. */
async function serve(
  node: TestNode,
  ask: Query['ask'] = node.query.ask,
  sessions: Pick<Sessions, 'of'> = { of: () => undefined },
): Promise<string> {
  const home = temporaryDirectory()
  const identity = { node_id: node.id, fingerprint: '0123456789abcdef', name: 'ann' }
  const api = createApi({
    socketPath: join(home, 'karo.sock'),
    audit: unreadLedger,
    routes: [
      queryRoutes(
        some<Rooms>({
          clock: systemClock,
          query: { ask },
          sessions,
          config: { query: { timeout_ms: 5_000 } as never },
          fleet: { state: () => ({ why_not: null, revoked_by: null }) as never },
        }),
      ),
      shareRoutes(
        some<Rooms>({
          sharing: node.sharing,
          summaries: { preview: async () => [], previewOf: async () => [] },
          trust: createFakeTrust(),
          totals: NO_TOTALS,
        }),
      ),
      (server) => route(server, getIdentity, async () => identity),
      (server) => route(server, getStatus, async () => ({ mesh: { alone: false } }) as never),
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

const karo = (home: string, ...words: string[]) => begun(home, words).ended

/** A command line that runs, with what it has shown so far; on a terminal it has 80 columns. */
function begun(home: string, words: readonly string[], isTerminal = false) {
  const screen = { out: '', err: '' }
  const columns = isTerminal ? 80 : undefined
  const ended = commandLine(words, { env: { KARO_HOME: home, TERM: 'xterm' }, columns, screen })
  return { screen, ended }
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
    const denied = await karo(await serve(pair({ allow: [] }).ann), 'query', 'tools', '--json')
    expect([denied.code, denied.json().status]).toEqual([4, 'access_denied'])
    const { ann, bob, wire } = pair()
    const home = await serve(ann)
    wire.cut(ann.id, bob.id)
    expect((await karo(home, 'query', 'health', '--require-complete')).code).toBe(5)
    wire.connect(ann.id, bob.id)
    expect((await karo(home, 'query', 'health', '--require-complete')).code).toBe(0)
    const { json: each } = await karo(home, 'query', 'tools', '--per-node', '--json')
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

  // What is refused without the daemon is in arguments.test.ts.
  it.each([
    ['--team', 'nobody'],
    ['--last', '1000d'],
    ['--from', '1000d'],
  ])('names what the daemon refuses as it was typed: %s %s', async (option, value) => {
    const { ann, bob } = pair()
    const { code, json } = await karo(await serve(ann), 'query', 'tools', option, value, '--json')
    expect([code, json().error.where]).toEqual([2, option])
    expect([bob.gathered, bob.audits]).toEqual([[], []])
  })

  it('is only about what filters and a team leave', async () => {
    const { ann, bob } = pair()
    ann.trusts(bob, 'peer', { teams: ['eng'] })
    const home = await serve(ann)
    const filters = ['--where', 'uses=gt:5', '--where', 'tool=!=:git', '--team', 'eng']
    const { json } = await karo(home, 'query', 'tools', ...filters, '--json')
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

  it('shows a terminal how many have answered while it waits, and nothing of it afterwards', async () => {
    const { ann, bob } = pair()
    const held = Promise.withResolvers<void>()
    bob.gate = () => held.promise
    const { screen, ended } = begun(await serve(ann), ['query', 'tools'], true)
    await soon(() => screen.err !== '')
    expect(screen).toEqual({ out: '', err: '\r\x1b[K0 of 1 other answered, nothing yet from bob …' })
    held.resolve()
    expect((await ended).code).toBe(0)
    expect(screen.err.endsWith('\r\x1b[K')).toBe(true)
    expect(screen.out).toMatch(/npm/)
  })
})

describe('karo query --watch', () => {
  const watch = (home: string, isTerminal: boolean, type = 'tools', ...more: string[]) =>
    begun(home, ['query', type, '--watch', '--every', '1s', ...more], isTerminal)
  /** Ctrl-C, as the terminal sends it to the process. */
  const interrupt = () => process.emit('SIGINT')

  it('asks again until Ctrl-C: one result per line, and exit 0', async () => {
    const { screen, ended } = watch(await serve(pair().ann), false, 'tools', '--json')
    await soon(() => screen.out.split('\n').length > 2)
    interrupt()
    expect((await ended).code).toBe(0)
    const lines = screen.out.trimEnd().split('\n')
    const results = lines.map((line) => JSON.parse(line))
    expect(results.length).toBeGreaterThanOrEqual(2)
    for (const result of results)
      expect(result).toMatchObject({ status: 'success', coverage: { known: 1, answered: 1 } })
    expect(new Set(results.map((result) => result.query_id)).size).toBe(results.length)
    expect(screen.err).toBe('')
  })

  it('shows people what is new since the last answer', async () => {
    const { ann, bob } = pair()
    const safety = (safe: number, blocked: number) => {
      bob.safety = { ...bob.safety, by_risk_level: { safe, moderate: 0, high: 0, critical: 0 }, blocked }
    }
    safety(10, 0)
    const { screen, ended } = watch(await serve(ann), true, 'safety')
    await soon(() => screen.out.includes('of 1 other'))
    safety(13, 1)
    await soon(() => screen.out.includes('(+3)'))
    interrupt()
    expect((await ended).code).toBe(0)
    // The first one takes nothing from the screen.
    expect(screen.out.indexOf('\x1b[2J')).toBeGreaterThan(screen.out.indexOf('of 1 other'))
    expect(stripVTControlCharacters(screen.out)).toMatch(/safe +13 \(\+3\)[\s\S]*blocked 1 \(\+1\)/)
    // The terminal has written ^C on the line.
    expect(screen.err).toMatch(/\n$/)
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
    const home = await serve(ann, ask, { of: () => (asked === 0 ? login : undefined) })
    const { screen, ended } = watch(home, false)
    expect([(await ended).code, asked]).toEqual([4, 1])
    expect(screen.out).toContain('asked as carol')
    expect(screen.err).toContain('not logged in')
  })

  it('takes back the question under way at Ctrl-C', async () => {
    const { ann, bob } = pair()
    bob.gate = () => new Promise(() => {})
    const { ended } = watch(await serve(ann), false, 'tools', '--timeout', '60s')
    await soon(() => bob.gathered.length === 1)
    interrupt()
    expect(await ended).toMatchObject({ code: 0, out: '', err: '' })
    await soon(() => ann.audits.length === 1)
    expect(ann.audits[0]).toMatchObject({ type: 'query_asked', details: { ended_by: 'cancelled' } })
  })

  it('goes on when a daemon that has answered comes back, and says once that it is away', async () => {
    const { ann } = pair()
    let asked = 0
    const home = await serve(ann, (...given) => {
      asked++
      if (asked === 2 || asked === 3) return Promise.reject(new KaroError('unavailable', 'it is stopping'))
      return ann.query.ask(...given)
    })
    const { screen, ended } = watch(home, false, 'tools', '--json')
    await soon(() => screen.out.split('\n').length > 2)
    interrupt()
    expect((await ended).code).toBe(0)
    expect(asked).toBeGreaterThanOrEqual(4)
    expect(screen.err).toBe('karo: it is stopping; asking again until it answers\n')
  })

  it('ends with the error when the daemon does', async () => {
    const { ann } = pair()
    const home = await serve(ann)
    expect((await watch(`${home}/no`, false).ended).code).toBe(3)
    await ann.query.stop()
    expect(await watch(home, false).ended).toMatchObject({ code: 1, err: expect.stringMatching(/stopping/) })
  })
})

describe('karo share', () => {
  it('decides at once what others get, and shows how it is afterwards', async () => {
    const { ann, bob } = pair({ allow: [] })
    const [asking, sharing] = [await serve(ann), await serve(bob)]
    const outcome = async () =>
      (await karo(asking, 'query', 'tools', '--json')).json().coverage.nodes[0].outcome
    expect(await outcome()).toBe('denied')
    /** What is shown, and what the other node then gets. */
    const share = async (...words: string[]) => {
      const shown = await karo(sharing, 'share', ...words, '--json')
      expect(shown.code).toBe(0)
      return [shown.json(), await outcome()]
    }
    expect(await share('allow', ann.id)).toMatchObject([
      {
        sharing: 'on',
        source: 'decision',
        allow: { peers: [ann.id] },
        allow_only: [],
        stopped: [],
        stopped_only: [],
        peers: [
          {
            node_id: ann.id,
            trust_level: 'peer',
            rule: 'consent.allow',
            level_1: expect.arrayContaining(['tool_usage']),
            summaries: expect.arrayContaining(['tool_usage']),
          },
        ],
      },
      'answered',
    ])
    expect(await share('stop', ann.id)).toMatchObject([
      {
        allow: { peers: [] },
        stopped: [ann.id],
        peers: [{ level_1: [], summaries: [], level_2: [], rule: 'consent.stopped' }],
      },
      'denied',
    ])
    expect((await share('allow', '*'))[1]).toBe('denied')
    expect((await share('allow', ann.id))[1]).toBe('answered')
    expect(await share('off')).toMatchObject([{ sharing: 'off' }, 'denied'])
    expect((await share('on'))[1]).toBe('answered')
    expect((await share('stop', '*'))[1]).toBe('denied')
  })

  it('tells people where they stand', async () => {
    const { ann, bob } = pair()
    const home = await serve(bob)
    expect((await karo(home, 'share', 'show')).out).toMatch(/Sharing is on, by the configuration/)
    bob.trusts(ann, 'peer', { name: 'Ann' })
    const { out } = await karo(home, 'share', 'stop', 'Ann')
    expect(out).toMatch(/as decided here[\s\S]*Stopped: Ann\./)
    expect(out).toMatch(/Ann +peer +no +no +no +consent was withdrawn \(karo share stop\)/)
  })

  it('takes teams and roles, and refuses what names nobody', async () => {
    const { ann, bob } = pair({ allow: [] })
    bob.trusts(ann, 'peer', { teams: ['eng'] })
    const home = await serve(bob)
    const { json } = await karo(home, 'share', 'allow', 'team:eng', '--json')
    expect(json().peers[0].level_1).toContain('tool_usage')
    for (const who of ['team:', 'role:two words', 'nobody', ''])
      expect((await karo(home, 'share', 'allow', who)).code, who).not.toBe(0)
    expect((await karo(home, 'share', 'show', '--json')).json().allow.peers).toEqual(['team:eng'])
  })

  it.each([
    ['allow', 'team:eng', false],
    ['allow', 'team:emg', true],
    ['stop', 'team:emg', true],
    ['allow', '*', false],
  ])('%s %s: that no machine known here is in the team is said (%s)', async (what, who, isSaid) => {
    const answers = { [`POST /api/v1/share/${what}`]: ANSWERS.Sharing, 'GET /api/v1/peers': ANSWERS.PeerList }
    const { code, out } = await played(answers, 'share', what, who)
    expect([code, out.includes('No machine known here')]).toEqual([0, isSaid])
    // What is decided does not fail because more could not be said of it.
    const { 'GET /api/v1/peers': _peers, ...less } = answers
    expect(await played(less, 'share', what, who)).toMatchObject({ code: 0 })
  })
})
