// Six machines of which each knows another part of the time: every answer is compared with what is true, and with what it
// says that it rests on.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import type { HeldSummariesShape, QueryResult } from '../../../src/api/contract/shapes.ts'
import { append, deadName, note, record } from '../../support/data/spool.ts'
import { callDaemon } from '../../support/node/call-daemon.ts'
import { startMesh, trustAll } from '../../support/node/mesh.ts'
import type { TestNode } from '../../support/node/node.ts'
import { until } from '../../support/run/until.ts'

const DAY = 86_400_000
const TODAY = Math.floor(Date.now() / DAY) * DAY
/** The seven days before today, and the seven before those. */
const WEEK = { start: TODAY - 7 * DAY, end: TODAY }
const FORTY_DAYS = 40

interface Life {
  /** Days before today on which it recorded, and how many commands on each. */
  readonly from: number
  readonly to: number
  readonly each: number
}
/** `elm` asks. `gum` is switched off, `oak` joined yesterday, `yew` consents last, `box` has no hook at all. */
const LIVES: Readonly<Record<string, Life | undefined>> = {
  elm: { from: FORTY_DAYS, to: 1, each: 2 },
  fir: { from: FORTY_DAYS, to: 1, each: 3 },
  gum: { from: FORTY_DAYS, to: 1, each: 4 },
  oak: { from: 1, to: 1, each: 5 },
  yew: { from: FORTY_DAYS, to: 1, each: 7 },
  box: undefined,
}
const NAMES = Object.keys(LIVES)

let nodes: Readonly<Record<string, TestNode>>
/** More on each day of the last week than before, so that there is a change. */
const perDay = (life: Life, daysAgo: number): number => life.each * (daysAgo <= 7 ? 2 : 1)

function usesOf(name: string, { start, end }: { start: number; end: number }): number {
  const life = LIVES[name]
  let sum = 0
  for (let daysAgo = life?.from ?? 0; life !== undefined && daysAgo >= life.to; daysAgo--) {
    const day = TODAY - daysAgo * DAY
    if (day >= start && day < end) sum += perDay(life, daysAgo)
  }
  return sum
}
const total = (names: readonly string[], range: typeof WEEK): number =>
  names.reduce((sum, name) => sum + usesOf(name, range), 0)
const before = ({ start, end }: typeof WEEK) => ({ start: 2 * start - end, end: start })

function live(node: TestNode, life: Life): void {
  const spool = join(node.home, 'spool')
  mkdirSync(spool, { recursive: true, mode: 0o700 })
  const bytes: Buffer[] = []
  let sequence = 0
  for (let daysAgo = life.from; daysAgo >= life.to; daysAgo--) {
    for (let n = 0; n < perDay(life, daysAgo); n++) {
      const start = (TODAY - daysAgo * DAY + n * 60_000) * 1_000
      bytes.push(record({ command: 'git status', sequence: ++sequence, start }))
    }
  }
  append(spool, deadName(1), Buffer.concat(bytes))
}

const ask = async (type: string, { start, end }: typeof WEEK): Promise<QueryResult> => {
  const range = ['--from', new Date(start).toISOString(), '--to', new Date(end).toISOString()]
  const asked = await nodes.elm!.karo(['query', type, ...range, '--per-node', '--json'])
  return JSON.parse(asked.stdout) as QueryResult
}
const outcome = (result: QueryResult, name: string) =>
  result.coverage.nodes.find((one) => one.name === name)?.outcome

/** Days before today of which a summary is made: older ones are in those of weeks alone. */
const DAYS_SUMMED = 35
/** The days before today of which `elm` holds a summary by that node. */
async function daysHeld(name: string): Promise<ReadonlySet<number>> {
  const since = new Date(TODAY - FORTY_DAYS * DAY).toISOString()
  const path = `/api/v1/summaries?author=${name}&since=${since}&limit=1000`
  const elm = { socket: join(nodes.elm!.home, 'karo.sock') }
  const { summaries } = (await callDaemon(elm, 'GET', path)) as HeldSummariesShape
  const days = summaries.filter(({ period }) => Date.parse(period.end) - Date.parse(period.start) === DAY)
  return new Set(days.map(({ period }) => (TODAY - Date.parse(period.start)) / DAY))
}

/** Switches it off when `elm` holds what it published, and waits until its summaries stand in for it. */
async function switchOff(name: string): Promise<void> {
  await nodes[name]!.stop()
  await until(async () => outcome(await ask('tools', WEEK), name) === 'from_summary', {
    what: `${name} is away, and its summaries are here`,
    pollMs: 200,
  })
}

/** Resolves when `elm` holds a summary of each day on which it recorded; a node without records publishes nothing. */
async function consents(name: string): Promise<void> {
  await nodes[name]!.json(['share', 'allow', 'elm'])
  const life = LIVES[name]
  if (life === undefined) return
  const days = Array.from({ length: Math.min(life.from, DAYS_SUMMED) - life.to + 1 }, (_, i) => life.to + i)
  await until(
    async () => {
      const held = await daysHeld(name)
      return days.every((day) => held.has(day))
    },
    { what: `elm holds what ${name} published`, pollMs: 200 },
  )
}

beforeAll(async () => {
  const mesh = await startMesh(NAMES)
  nodes = Object.fromEntries(NAMES.map((name, i) => [name, mesh.nodes[i] as TestNode]))
  await trustAll(mesh.nodes)
  for (const name of NAMES) {
    const life = LIVES[name]
    if (life === undefined) continue
    live(nodes[name]!, life)
    const commands = total([name], { start: 0, end: TODAY })
    await until(async () => (await nodes[name]!.json<{ total: number }>(['history'])).total === commands, {
      what: `${name} has its commands`,
      pollMs: 100,
    })
  }
  for (const name of ['fir', 'gum', 'oak', 'box']) await consents(name)
  await switchOff('gum')
  await consents('yew')
})

test('tools: exact, each node’s part of the time is said, and the change is that of those who know both weeks', async () => {
  const result = await ask('tools', WEEK)
  const known = ['elm', 'fir', 'gum', 'oak', 'yew']
  const compared = ['elm', 'fir', 'gum', 'yew']
  expect(result.data).toEqual({
    tools: [
      {
        tool: 'git',
        category: 'git',
        failure_rate: 0,
        nodes: known.length,
        uses: total(known, WEEK),
        change: total(compared, WEEK) - total(compared, before(WEEK)),
      },
    ],
  })
  expect(outcome(result, 'gum')).toBe('from_summary')
  expect(result.reach).toMatchObject({
    nodes: 6,
    whole: 4,
    short: [
      { name: 'box', source: 'live', covers: null },
      { name: 'oak', source: 'live', covers: { start: new Date(TODAY - DAY).toISOString() } },
    ],
  })
  // A node with nothing to compare gave no tools.
  expect(result.compared).toEqual({ nodes: 4, of: 5 })
})

test('a month: who consented an hour ago counts from when it recorded, also by its summaries', async () => {
  const month = { start: TODAY - 30 * DAY, end: TODAY }
  const names = ['elm', 'fir', 'gum', 'oak', 'yew']
  const uses = ({ data }: QueryResult) => ('tools' in data ? data.tools[0]?.uses : undefined)
  const live = await ask('tools', month)
  expect(uses(live)).toBe(total(names, month))
  expect(live.reach?.short.map(({ name }) => name)).toEqual(['box', 'oak'])
  await switchOff('yew')
  // A result waits two seconds for what is read here, and is given without it then: a person asks again.
  const absent = await until(
    async () => {
      const result = await ask('tools', month)
      return outcome(result, 'yew') === 'from_summary' && result
    },
    { what: 'the summaries of a month are read', pollMs: 200 },
  )
  expect(uses(absent)).toBe(total(names, month))
  expect(absent.reach?.short.map(({ name }) => name)).toEqual(['box', 'oak'])
  // Nobody's records reach back sixty days, so there is nothing to compare with, and it is not said to be none.
  expect(absent.compared).toEqual({ nodes: 0, of: 5 })
  expect(absent.data).toMatchObject({ tools: [{ change: null }] })
})

test('safety and activity have their change too; a guard counts where a shell loaded it, and a missing hook is said', async () => {
  append(
    join(nodes.fir!.home, 'spool'),
    deadName(2),
    note('active safe', { session: '0-9-9', start: Date.now() * 1_000 }),
  )
  const safety = await until(
    async () => {
      const result = await ask('safety', WEEK)
      return 'guard' in result.data && result.data.guard.on === 1 && result
    },
    { what: 'fir’s guard is seen', pollMs: 200 },
  )
  const [known, compared] = [
    ['elm', 'fir', 'gum', 'oak', 'yew'],
    ['elm', 'fir', 'gum', 'yew'],
  ]
  const change = total(compared!, WEEK) - total(compared!, before(WEEK))
  expect(safety.data).toMatchObject({
    by_risk_level: { safe: total(known!, WEEK) },
    nodes_reporting: 6,
    // All are configured alike: `karo.toml` says nothing of the guard, which is on by default.
    guard: { on: 1, partly: 0, off: 4, unknown: 1 },
    hook: { on: 5, silent: 0, none: 1 },
    change: { by_risk_level: { safe: change } },
  })
  expect(safety.nodes?.find(({ name }) => name === 'box')?.safety).toMatchObject({ hook: 'none' })
  const activity = await ask('activity', WEEK)
  expect(activity.data).toMatchObject({ total_commands: total(known!, WEEK), change })
})

test('a filter on a change that nobody knows says so, and nothing that matches is not nothing that is known', async () => {
  const words = ['--from', new Date(TODAY - 30 * DAY).toISOString(), '--to', new Date(TODAY).toISOString()]
  const unknown = await nodes.elm!.karo(['query', 'tools', ...words, '--where', 'change=gt:0'])
  expect(unknown.stdout).toContain('Nothing can match: no change is known')
  expect(unknown.stdout).toContain('1 row is left out because the change is not known')
  const shown = await nodes.elm!.karo(['query', 'tools', ...words])
  expect(shown.stdout).toMatch(/records of 4 of 6 nodes cover the whole period/)
  expect(shown.stdout).toMatch(/box: nothing recorded in this period/)
})
