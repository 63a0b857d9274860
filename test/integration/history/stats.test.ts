// karo stats on a real daemon, from what a shell left over two weeks: numbers, the period before, screens of any kind.
import { join } from 'node:path'
import { spawn } from '@lydell/node-pty'
import { beforeAll, expect, test } from 'vitest'
import type { StatisticsShape } from '../../../src/api/contract/shapes.ts'
import { textWidth } from '../../../src/cli/terminal/text.ts'
import { spoolPast } from '../../support/data/past.ts'
import { cleanEnv, startNode, type TestNode } from '../../support/node/node.ts'
import { until } from '../../support/run/until.ts'

const KARO = join(import.meta.dirname, '../../../dist/karo.js')
const DAY_MS = 86_400_000
const UTC = { TZ: 'UTC' }
let node: TestNode

beforeAll(async () => {
  node = await startNode({ env: UTC })
  const today = Math.floor(Date.now() / DAY_MS) * DAY_MS
  // At midnight, so that it is before now whenever this runs: the days 1 to 20 before today.
  const past = Array.from({ length: 20 }, (_, i) => today - (i + 1) * DAY_MS).flatMap((at, ago) => [
    ...Array.from({ length: ago < 7 ? 4 : 2 }, (_, i) => ({ command: 'git status', at: at + i })),
    { command: `docker run image-${ago}`, at: at + 1_000, exit: ago < 7 ? 1 : 0 },
  ])
  spoolPast(node.home, past)
  await until(async () => (await node.status()).store.events === past.length, { what: 'the past is stored' })
})

test('a week beside the one before, whose last day is counted up to the same time', async () => {
  const week = await node.json<StatisticsShape>(['stats', 'week'])
  // Six whole days of five; the seven before had one more of five, and six of three.
  expect(week).toMatchObject({
    total_commands: 30,
    unique_commands: 7,
    failures: 6,
    unknown: 0,
    active_days: 6,
    before: { total_commands: 23, failures: 1, unknown: 0 },
    streak: { current: 20, longest: 20 },
    busiest: { count: 5 },
  })
  expect(week.change).toBeCloseTo(7 / 23)
  expect(week.tools).toMatchObject([
    { tool: 'git', count: 24, previous: 16 },
    { tool: 'docker', count: 6, previous: 7, failures: 6, unknown: 0 },
  ])
  expect(week.heat.flat().reduce((sum, count) => sum + count)).toBe(30)
  expect(week.timeline.points.map(({ count }) => count)).toEqual([5, 5, 5, 5, 5, 5, 0])
  const month = await node.json<StatisticsShape>(['stats', 'month'])
  expect(month).toMatchObject({ total_commands: 74, before: null, change: null })
  expect(month.recorded_since).toBe(new Date(Date.now() - 20 * DAY_MS).toISOString().slice(0, 10))
})

/** What a terminal of that size is shown. */
async function onTerminal(columns: number, env: Readonly<Record<string, string>>): Promise<string> {
  const terminal = spawn(process.execPath, [KARO, 'stats', 'week', '--commands'], {
    name: env.TERM ?? 'xterm',
    cols: columns,
    rows: 24,
    env: { ...cleanEnv(node.home), LANG: 'C.UTF-8', ...UTC, ...env } as Record<string, string>,
  })
  let shown = ''
  const ended = Promise.withResolvers<number>()
  terminal.onData((text) => (shown += text))
  terminal.onExit(({ exitCode }) => ended.resolve(exitCode))
  expect(await ended.promise).toBe(0)
  return shown
}

test.each([200, 80, 40, 36])('fits a terminal of %i columns', async (columns) => {
  const shown = await onTerminal(columns, {})
  for (const line of shown.split('\r\n')) expect(textWidth(line)).toBeLessThanOrEqual(columns)
  expect(shown).toContain('█')
})

test('colours where they may be, ASCII where nothing else can be shown', async () => {
  expect(await onTerminal(80, { NO_COLOR: '' })).toContain('\u001b[')
  for (const env of [{ NO_COLOR: '1' }, { NO_COLOR: '', TERM: 'dumb' }])
    expect(await onTerminal(80, env)).not.toContain('\u001b[')
  for (const env of [{ LANG: 'C' }, { LC_ALL: 'de_DE.ISO-8859-1' }, { TERM: 'linux' }])
    expect(await onTerminal(80, env)).not.toMatch(/[^\u0020-\u007e\r\n]/)
})
