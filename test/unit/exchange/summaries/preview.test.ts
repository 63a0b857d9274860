// karo share preview: what is printed is what leaves, byte for byte, from the room through the API to the terminal.

import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { SharePreviewShape } from '../../../../src/api/contract/shapes.ts'
import { shareRoutes } from '../../../../src/api/routes/share.ts'
import { createApi } from '../../../../src/api/server/control-socket.ts'
import type { Rooms } from '../../../../src/api/server/rooms.ts'
import { systemClock, systemTimers } from '../../../../src/base/clock.ts'
import { KaroError } from '../../../../src/base/errors.ts'
import { blake3 } from '../../../../src/base/hash.ts'
import { silentLog } from '../../../../src/base/run/log.ts'
import { runCli } from '../../../../src/cli/run.ts'
import { createSummaries } from '../../../../src/exchange/summaries/summaries.ts'
import { owner, unreadLedger } from '../../../support/api/callers.ts'
import { temporaryDirectory } from '../../../support/data/database.ts'
import { until } from '../../../support/run/until.ts'
import { some } from '../../../support/some.ts'
import { createWorld, HOUR, NOW, nodeOf, type World } from './world.ts'

/** The room as the daemon has it, and the command line in front of it. */
async function serve(world: World, uid = 1000) {
  const room = createSummaries({ ...world.deps, timers: { after: () => () => {} } })
  const home = temporaryDirectory()
  const { sharing } = world.deps
  const trust = {
    opinion: world.deps.trust.opinion,
    resolve: (who: string) => {
      if (who === 'bob') return nodeOf(2)
      if (who === 'eve') return nodeOf(3)
      throw new KaroError('not_found', 'no such node')
    },
  }
  const totals = { audiences: () => [], readersOf: () => ({ nodes: [], operators: [] }) }
  const api = createApi({
    socketPath: join(home, 'karo.sock'),
    audit: unreadLedger,
    routes: [shareRoutes(some<Rooms>({ sharing, summaries: room, trust, totals }))],
    callerOf: () => owner(uid),
    rightsOf: async () => owner(),
    clock: systemClock,
    timers: systemTimers,
    log: silentLog,
  })
  await api.start(new AbortController().signal)
  onTestFinished(() => api.stop())
  onTestFinished(() => room.stop())
  async function karo(...words: string[]) {
    let out = ''
    let err = ''
    const code = await runCli(words, {
      env: { KARO_HOME: home },
      stdout: { isTTY: false, columns: 200, write: (text) => (out += text) },
      stderr: { isTTY: false, columns: 200, write: (text) => (err += text) },
    })
    return { code, out, err }
  }
  const preview = async (...words: string[]) =>
    JSON.parse((await karo('share', 'preview', ...words, '--json')).out) as SharePreviewShape
  return { room, karo, preview }
}

async function typed() {
  const world = await createWorld()
  world.trust(2, 'peer')
  world.trust(3, 'supervisor')
  world.consent(1000, { allow_peers: ['*'] })
  await world.type(
    { tool: 'git', category: 'git', risk_level: 'high' },
    { tool: 'npm', category: 'npm', exit_code: 1, duration_us: 1_500_000 },
  )
  return world
}
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

test('the preview has the digests of what is then sealed, and the meaning of what the recipient opens', async () => {
  const world = await typed()
  const { room, preview } = await serve(world)
  const shown = await preview()
  expect(shown.to).toBeNull()
  expect(world.said).toEqual([])
  await room.start()
  await until(() => world.audits.length > 0, { what: 'the first round is over' })
  expect(world.said.map((bytes) => [bytes.length, hex(blake3([bytes]))]).sort()).toEqual(
    shown.summaries.map(({ bytes, digest }) => [bytes, digest]).sort(),
  )
  const bob = await createWorld({ number: 2 })
  const range = { start: NOW - (NOW % HOUR), end: NOW - (NOW % HOUR) + HOUR }
  const cover = await bob.reader(world.shelf).cover(world.identity.nodeId, range)
  const hour = shown.summaries.find(({ summary }) => summary.granularity === 'hour')!
  const { start, end, generated_at, ...numbers } = hour.summary
  expect(cover!.summaries).toEqual([
    { ...numbers, start: Date.parse(start), end: Date.parse(end), generated_at: Date.parse(generated_at) },
  ])
  expect(hour.recipients).toEqual([expect.objectContaining({ node_id: nodeOf(2) })])
})

test('of the time before the first record nothing is read: there is nothing to tell of it', async () => {
  const world = await typed()
  const { during } = world.deps.insight
  const ends: number[] = []
  world.deps.insight.during = (range, care) => {
    ends.push(range.end)
    return during(range, care)
  }
  const { preview } = await serve(world)
  expect((await preview()).summaries).toHaveLength(3)
  expect(ends.filter((end) => end <= NOW - (NOW % HOUR))).toEqual([])
})

test('--to narrows it to what that node could read; to nobody is said', async () => {
  const { preview, karo } = await serve(await typed())
  expect((await preview('--to', 'bob')).summaries).toHaveLength(3)
  expect(await preview('--to', 'eve')).toMatchObject({ to: { node_id: nodeOf(3) }, summaries: [] })
  expect((await karo('share', 'preview', '--to', 'eve')).out).toMatch(
    /Nothing would be sent to node [\s\S]*karo share show/,
  )
  expect(await karo('share', 'preview', '--to', 'mallory')).toMatchObject({
    code: 1,
    err: expect.stringContaining('no such node'),
  })
})

test('--role narrows it to what nodes of that role could read; it goes with no --to', async () => {
  const world = await typed()
  // Some of it is for everybody, and some for the role alone.
  world.consent(1001, { allow_peers: ['role:auditor'] })
  await world.type({ tool: 'nmap', uid: 1001 })
  world.trust(4, 'peer', { roles: ['auditor', 'on-call'] })
  const { preview, karo } = await serve(world)
  const readers = (shown: SharePreviewShape) =>
    new Set(shown.summaries.map(({ recipients }) => recipients.map(({ node_id }) => node_id).join(' ')))
  expect(readers(await preview())).toEqual(new Set([nodeOf(2), nodeOf(4)]))
  for (const role of ['auditor', 'on-call']) {
    const shown = await preview('--role', role)
    expect(shown).toMatchObject({ to: null, role })
    expect(shown.summaries).toHaveLength(3)
    expect(readers(shown)).toEqual(new Set([nodeOf(4)]))
    for (const { summary } of shown.summaries) {
      // The other's tool goes along, and is nobody else's to see.
      expect(summary.tool_usage!.tools.map(({ tool }) => tool).sort()).toEqual(['git', 'npm'])
    }
  }
  expect(await karo('share', 'preview', '--role', 'lead')).toMatchObject({
    code: 0,
    err: '',
    out: expect.stringContaining('Nothing would be sent to nodes with the role lead:'),
  })
  expect(await karo('share', 'preview', '--role', 'lead', '--to', 'bob')).toMatchObject({
    code: 2,
    err: expect.stringContaining('one node or for one role'),
  })
})

test('--category shows what would leave if just that were allowed, before anybody is allowed anything', async () => {
  const world = await createWorld()
  await world.type({ tool: 'git', category: 'git', risk_level: 'high' }, { tool: 'nmap', uid: 1001 })
  const { preview, karo } = await serve(world)
  expect((await preview()).summaries).toEqual([])
  const tools = await preview('--category', 'tool_usage')
  expect(tools).toMatchObject({ categories: ['tool_usage'], to: null })
  expect(tools.summaries).toHaveLength(3)
  for (const { summary, recipients } of tools.summaries) {
    expect(recipients).toEqual([])
    // Of this person alone, and of no other category.
    expect(summary.tool_usage!.tools.map(({ tool }) => tool)).toEqual(['git'])
    expect([summary.activity_pattern, summary.safety_stats]).toEqual([undefined, undefined])
  }
  const two = await preview('--category', 'safety_stats', '--category', 'activity_patterns')
  for (const { summary } of two.summaries) {
    expect(summary.tool_usage).toBeUndefined()
    expect(summary.safety_stats!.by_risk_level.high).toBe(1)
    expect(summary.activity_pattern!.total_commands).toBe(1)
  }
  const shown = await karo('share', 'preview', '--to', 'bob', '--category', 'tool_usage')
  expect(shown.out).toMatch(/^If you allowed tool_usage to node .* This preview allows nothing\./)
  expect(shown.out).not.toMatch(/^ {2}to /m)
  expect(await karo('share', 'preview', '--role', 'lead', '--category', 'tool_usage')).toMatchObject({
    code: 2,
  })
  expect(await karo('share', 'preview', '--category', 'anomalies')).toMatchObject({ code: 2 })
  // It allowed nothing.
  expect((await preview()).summaries).toEqual([])
})

test('of a box that several people fill, each sees their own part, and of one that only others fill nothing', async () => {
  const world = await typed()
  world.consent(1001, {
    allow_peers: ['*'],
    categories: { tool_usage: true, activity_patterns: true, safety_stats: false, anomalies: false },
  })
  world.consent(1002, { allow_peers: ['*'] })
  await world.type(...Array.from({ length: 5 }, () => ({ tool: 'nmap', uid: 1001 })))
  const ann = await serve(world)
  const bob = await serve(world, 1001)
  const silent = await serve(world, 1002)
  const toolsOf = ({ summaries }: SharePreviewShape) =>
    new Set(summaries.map(({ summary }) => summary.tool_usage!.tools.map(({ tool }) => tool).join(' ')))
  const annSees = await ann.preview()
  expect(toolsOf(annSees)).toEqual(new Set(['git npm']))
  expect(annSees.summaries.map(({ summary }) => summary.activity_pattern!.total_commands)).toEqual([2, 2, 2])
  const bobSees = await bob.preview()
  expect(toolsOf(bobSees)).toEqual(new Set(['nmap']))
  expect(bobSees.summaries.map(({ summary }) => summary.activity_pattern!.total_commands)).toEqual([5, 5, 5])
  // What only the other shares is in the box, and not in the part.
  expect(bobSees.summaries.filter(({ summary }) => summary.safety_stats !== undefined)).toEqual([])
  expect((await silent.preview()).summaries).toEqual([])

  await ann.room.start()
  await until(() => world.audits.length > 0, { what: 'the first round is over' })
  const reader = await createWorld({ number: 2 })
  const range = { start: NOW - (NOW % HOUR), end: NOW - (NOW % HOUR) + HOUR }
  const cover = await reader.reader(world.shelf).cover(world.identity.nodeId, range)
  expect(cover!.summaries[0]!.activity_pattern!.total_commands).toBe(7)
})

test('people see every number that would leave', async () => {
  const { karo } = await serve(await typed())
  const { out, code } = await karo('share', 'preview')
  expect(code).toBe(0)
  const blocks = out.split('\n\n').map((text) => text.replaceAll(/ +/g, ' '))
  expect(blocks.map((text) => text.split('\n')[0])).toEqual([
    'hour 2026-11-20 10:00 UTC, not over yet',
    'day 2026-11-20 UTC, not over yet',
    'week from 2026-11-16 UTC, not over yet',
  ])
  for (const block of blocks) {
    expect(block).toMatch(/^ to node /m)
    expect(block).toContain(' categories git 1 ⌀ 5 ms, npm 1 (1 failed) ⌀ 1.5 s\n')
    expect(block).toContain(' tools git 1, npm 1 (1 failed)\n')
    expect(block).toContain(' commands 2, 1 unique\n by hour 10h 2\n by weekday Fri 2\n')
    expect(block).toContain(
      ' risk safe 1, moderate 0, high 1, critical 0; blocked 0, confirmed 0, declined 0, run by AI tools and programs 0; guard off, hook on\n',
    )
    expect(block).toMatch(/ plaintext [0-9.]+ (B|KiB), BLAKE3 [0-9a-f]{16}…/)
  }
})
