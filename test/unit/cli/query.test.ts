// karo query and karo share, from the words typed to what is printed: real rooms, API and client over an in-memory mesh.
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { queryRoutes } from '../../../src/api/routes/query.ts'
import { shareRoutes } from '../../../src/api/routes/share.ts'
import { createApi } from '../../../src/api/server.ts'
import { systemClock } from '../../../src/base/clock.ts'
import { silentLog } from '../../../src/base/log.ts'
import { runCli } from '../../../src/cli/run.ts'
import type { Query } from '../../../src/query/index.ts'
import { temporaryDirectory } from '../../support/database.ts'
import { meshOf, person, soon, type TestNode, uses } from '../query/network.ts'

/** The control socket of a node; resolves with its home. */
async function serve(node: TestNode, query: Pick<Query, 'ask'> = node.query): Promise<string> {
  const home = temporaryDirectory()
  const caller = { uid: node.uid }
  const api = createApi({
    socketPath: join(home, 'karo.sock'),
    routes: [
      queryRoutes({ query, caller, timeoutMs: 5_000 }),
      shareRoutes({ sharing: node.sharing, caller }),
    ],
    clock: systemClock,
    log: silentLog,
  })
  await api.start(new AbortController().signal)
  onTestFinished(() => api.stop())
  return home
}

async function karo(home: string, ...words: string[]) {
  let out = ''
  let err = ''
  const code = await runCli(words, {
    env: { KARO_HOME: home },
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
  })
  return { code, out, err, json: () => JSON.parse(out) }
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
      privacy: { mode: 'per_node', k_min: 5, cells_suppressed: 0, noise: 'none' },
      ended_by: 'all_done',
      timing: { first_ms: expect.any(Number), last_ms: expect.any(Number), elapsed_ms: expect.any(Number) },
      notes: [],
    })
    const { time_range, timing } = json()
    const hours = (Date.parse(time_range.end) - Date.parse(time_range.start)) / 3_600_000
    expect([2, 3]).toContain(hours)
    expect(timing.elapsed_ms).toBeGreaterThanOrEqual(timing.last_ms)
  })

  it('shows people the numbers and always who answered', async () => {
    const { ann } = pair()
    const { code, out } = await karo(await serve(ann), 'query', 'tools')
    expect(code).toBe(0)
    expect(out).toMatch(/TOOL +CATEGORY +USES +CHANGE +NODES +FAILED/)
    expect(out).toMatch(/npm +vcs +9 +\+9 +1 +–/)
    expect(out).toMatch(/git +vcs +3 +\+3 +1 +33 %/)
    expect(out).toMatch(/1 of 1 known node answered/)
  })

  it('exits 4 and names who refused when nobody lets this node have it', async () => {
    const { ann } = pair({ allow: [] })
    const home = await serve(ann)
    const people = await karo(home, 'query', 'tools')
    expect(people.code).toBe(4)
    expect(people.out).toMatch(/Nobody lets this node have that/)
    expect(people.out).toMatch(/0 of 1 known node answered/)
    expect(people.out).toMatch(/denied: bob/)
    const { code, json } = await karo(home, 'query', 'tools', '--json')
    expect([code, json().status, json().coverage.denied]).toEqual([4, 'access_denied', 1])
  })

  it('exits 4 with the reason when totals are withheld', async () => {
    const { ann, bob } = pair()
    bob.trusts(ann, 'supervisor')
    const { code, out } = await karo(await serve(ann), 'query', 'tools')
    expect(code).toBe(4)
    expect(out).toMatch(/withheld: bob/)
    expect(out).toMatch(/two aggregators/)
  })

  it('exits 5 with --require-complete when a node is missing, 0 without', async () => {
    const { ann, bob, wire } = pair()
    wire.cut(ann.id, bob.id)
    const home = await serve(ann)
    expect((await karo(home, 'query', 'health', '--require-complete')).code).toBe(5)
    const { code, out } = await karo(home, 'query', 'health')
    expect(code).toBe(0)
    expect(out).toMatch(/unreachable: bob/)
    wire.connect(ann.id, bob.id)
    expect((await karo(home, 'query', 'health', '--require-complete')).code).toBe(0)
  })

  it('shows each node with --per-node', async () => {
    const { ann } = pair()
    const home = await serve(ann)
    const { out } = await karo(home, 'query', 'tools', '--per-node')
    expect(out).toMatch(/NODE +TOOL +USES +FAILED/)
    expect(out).toMatch(/bob +npm +9/)
    const { json } = await karo(home, 'query', 'tools', '--per-node', '--json')
    expect(json().nodes.map((node: { name: string }) => node.name)).toEqual(['bob'])
  })

  it('refuses words that make no sense, with exit code 2, before anything is asked', async () => {
    const { ann, bob } = pair()
    const home = await serve(ann)
    const wrong = [
      ['query'],
      ['query', 'safety'],
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
    expect((await karo(home, 'query', 'safety')).err).toMatch(/tools, health/)
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
      stopped: [],
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
    expect((await karo(home, 'share', 'show')).out).toMatch(/Sharing is on, as config.toml says/)
    bob.trusts(ann, 'peer', { name: 'Ann' })
    const { out } = await karo(home, 'share', 'stop', 'Ann')
    expect(out).toMatch(/as you decided/)
    expect(out).toMatch(/Stopped: Ann\./)
    expect(out).toMatch(/Ann +peer +no +no +no +consent was withdrawn/)
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
