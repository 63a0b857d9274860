// A laptop that is away is still represented: by exactly what its preview showed, to whom its person let have it, until
// they take it back.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type {
  AuditEntryShape,
  QueryResult,
  SharePreviewShape,
  SharingView,
  StatusShape,
} from '../../../src/api/contract/shapes.ts'
import { append, deadName, records } from '../../support/data/spool.ts'
import { startMesh, trustAll } from '../../support/node/mesh.ts'
import { startNode, type TestNode } from '../../support/node/node.ts'
import { until } from '../../support/run/until.ts'

const COMMANDS = ['git status', 'git status', 'git log', 'ls -la', 'docker ps', 'rm -rf /']
const DAY = 86_400_000

let laptop: TestNode, lead: TestNode, other: TestNode
let members: Awaited<ReturnType<typeof startMesh>>['members']
let preview: SharePreviewShape
/** What the lead held before anything was shared with it. */
let before: StatusShape['documents']

/** This week, from Monday: the widest period that is not over. */
const thisWeek = () => preview.summaries.find(({ summary }) => summary.granularity === 'week')!
const sinceMonday = (): string[] => ['--from', thisWeek().summary.start]
/** Whatever its exit code says: a refusal is a result too. */
async function ask(node: TestNode, type = 'tools'): Promise<QueryResult> {
  const asked = await node.karo(['query', type, ...sinceMonday(), '--per-node', '--json'])
  return JSON.parse(asked.stdout) as QueryResult
}
const away = (result: QueryResult) => result.coverage.nodes.find(({ name }) => name === 'laptop')?.outcome

beforeAll(async () => {
  const mesh = await startMesh(['laptop', 'lead', 'other'])
  ;[laptop, lead, other] = mesh.nodes as [TestNode, TestNode, TestNode]
  members = mesh.members
  await trustAll(mesh.nodes)
  const spool = join(laptop.home, 'spool')
  mkdirSync(spool, { recursive: true, mode: 0o700 })
  append(spool, deadName(1), records(COMMANDS, 1, { start: Date.now() * 1000 }))
  await until(async () => (await laptop.json<{ total: number }>(['history'])).total === COMMANDS.length, {
    what: 'the laptop has its commands',
    pollMs: 100,
  })
})

describe('summaries', () => {
  test('without consent nothing would leave, and nothing does', async () => {
    before = (await lead.status()).documents
    expect(await laptop.json<SharePreviewShape>(['share', 'preview'])).toEqual({
      to: null,
      role: null,
      categories: null,
      summaries: [],
      totals: null,
    })
    expect((await laptop.status()).summaries.recipients).toBe(0)
  })

  test('with consent, the preview shows every period and the one who may read it', async () => {
    const shown = await laptop.json<SharingView>(['share', 'allow', 'lead'])
    expect(shown.peers.map(({ name, summaries }) => [name, summaries.length > 0]).sort()).toEqual([
      ['lead', true],
      ['other', false],
    ])
    preview = await laptop.json<SharePreviewShape>(['share', 'preview'])
    expect(preview.summaries.map(({ summary }) => summary.granularity)).toEqual(
      expect.arrayContaining(['hour', 'day', 'week']),
    )
    for (const { recipients } of preview.summaries)
      expect(recipients.map(({ name }) => name)).toEqual(['lead'])
    expect(thisWeek().summary.activity_pattern?.total_commands).toBe(COMMANDS.length)
    expect((await laptop.json<SharePreviewShape>(['share', 'preview', '--to', 'other'])).summaries).toEqual(
      [],
    )
    expect(
      (await laptop.json<SharePreviewShape>(['share', 'preview', '--to', 'lead'])).summaries,
    ).toHaveLength(preview.summaries.length)
  })

  test('the ledger says that they left', async () => {
    const [entry] = await until(
      async () => {
        const { entries } = await laptop.json<{ entries: AuditEntryShape[] }>([
          'audit',
          'log',
          '--type',
          'summary_published',
        ])
        return entries.length > 0 && entries
      },
      { what: 'something was published', pollMs: 100 },
    )
    expect(entry!.details).toMatchObject({
      recipients: 1,
      categories: 'tool_usage activity_patterns safety_stats',
      emptied: 0,
    })
    expect(entry!.details.periods).toMatch(/week:\d+/)
  })

  test('away, it is represented to the lead by what the preview showed, and to nobody else', async () => {
    const count = preview.summaries.length
    await until(async () => (await lead.status()).documents.received >= before.received + count, {
      what: 'the lead holds the summaries',
      pollMs: 100,
    })
    await laptop.stop()
    const tools = await until(
      async () => {
        const result = await ask(lead)
        return away(result) === 'from_summary' && result
      },
      { what: 'the laptop is away', pollMs: 200 },
    )
    expect(tools.coverage).toMatchObject({ from_summary: 1, complete: false })
    const { summary } = thisWeek()
    const held = tools.nodes!.find(({ name }) => name === 'laptop')!
    expect(held.source).toBe('summary')
    expect(Date.parse(held.as_of)).toBeGreaterThan(Date.now() - DAY)
    const uses = (rows: readonly { tool: string; category: string; uses: number }[]) =>
      Object.fromEntries(rows.map((row) => [row.tool, [row.category, row.uses]]))
    expect(uses(held.tools!)).toEqual(uses(summary.tool_usage!.tools))
    expect(uses(held.tools!)).toMatchObject({ git: ['git', 3], rm: ['file_ops', 1] })
    const activity = (await ask(lead, 'activity')).nodes!.find(({ name }) => name === 'laptop')!.activity
    expect(activity).toEqual(summary.activity_pattern)
    const safety = (await ask(lead, 'safety')).nodes!.find(({ name }) => name === 'laptop')!.safety
    expect(safety).toEqual(summary.safety_stats)
    expect(away(await ask(other))).toBe('unreachable')
  })

  test('back and withdrawn, the sealed editions are replaced by empty ones, which open for nobody', async () => {
    laptop = await startNode({ name: 'laptop', home: laptop.home, ...netnsOf(0) })
    await until(async () => (await laptop.status()).mesh.peers_trusted === 2, {
      what: 'the laptop is linked again',
      pollMs: 100,
    })
    await laptop.json(['share', 'stop', 'lead'])
    expect(await laptop.json<SharePreviewShape>(['share', 'preview'])).toEqual({
      to: null,
      role: null,
      categories: null,
      summaries: [],
      totals: null,
    })
    const { entries } = await until(
      async () => {
        const log = await laptop.json<{ entries: AuditEntryShape[] }>([
          'audit',
          'log',
          '--type',
          'summary_published',
        ])
        return Number(log.entries[0]?.details.emptied) > 0 && log
      },
      { what: 'empty editions are published', pollMs: 100 },
    )
    expect(entries[0]!.details).toMatchObject({
      recipients: 0,
      emptied: entries[0]!.details.documents as number,
    })
    // An edition that names nobody is only kept for others.
    await until(async () => (await lead.status()).documents.relayed >= preview.summaries.length, {
      what: 'the lead has the empty editions',
      pollMs: 100,
    })
    await laptop.stop()
    await until(async () => away(await ask(lead)) === 'denied', {
      what: 'the laptop is away, and the lead is told that it took the numbers back',
      pollMs: 200,
    })
  })
})

/** Where a second life of a node runs: where its first did. */
const netnsOf = (index: number) => (members === undefined ? {} : { netns: members[index]!.netns })
