// What the page says of totals: `≥` before a sum of which a part was withheld, which rows these are, and failures that are not told.
import { afterAll, expect, test, vi } from 'vitest'

/** A tree of the page, as its functions make it. */
interface Element {
  readonly type: string | ((props: object) => unknown)
  readonly props: { readonly children?: unknown }
}

// What the modules of the page look at when they are loaded.
vi.stubGlobal('sessionStorage', { getItem: () => null })
vi.stubGlobal('location', { hash: '' })
vi.stubGlobal('addEventListener', () => {})
afterAll(() => vi.unstubAllGlobals())
// By its place, because the types of the page are those of a browser and are checked apart.
const PAGE = new URL('../../../src/window/views/result.tsx', import.meta.url).href
const { Answer } = (await import(/* @vite-ignore */ PAGE)) as {
  readonly Answer: (props: { readonly result: unknown }) => unknown
}

/** All that a person reads, in its order. */
function textOf(node: unknown): string {
  if (typeof node === 'string' || typeof node === 'number') return String(node)
  if (Array.isArray(node)) return node.map(textOf).join('')
  if (typeof node !== 'object' || node === null) return ''
  const { type, props } = node as Element
  return typeof type === 'function' ? textOf(type(props)) : `${textOf(props.children)} `
}

const result = (data: object, partly: readonly string[]) => ({
  status: 'success',
  level: 2,
  notes: [],
  data,
  privacy: { cells_suppressed: 0, k_min: 5, noise: null },
  released: { partly, most: 1_000 },
})
const textOfResult = (data: object, partly: readonly string[] = []) =>
  textOf(Answer({ result: result(data, partly) })).replaceAll('\u00a0', ' ')

const tool = (name: string, failure_rate: number | null) => ({
  tool: name,
  category: 'git',
  uses: 20,
  nodes: 8,
  failure_rate,
  change: null,
})

test('a sum of which some periods or machines withheld a part is at least so much, and the rows are named', () => {
  const data = { tools: [tool('git', 0.25), tool('svn', null)] }
  const whole = textOfResult(data)
  expect(whole).not.toContain('≥')
  expect(whole).not.toContain('Left out')
  const some = textOfResult(data, ['git', 'failed:git'])
  expect(some).toContain('≥ 20')
  expect(some).toContain('≥ 25 % failed')
  expect(some).toContain('or not at all: git, failed git')
  const many = textOfResult(data, ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'])
  expect(many).toContain('g, h and 2 more')
})

test('failures that are not told are not called none', () => {
  const said = textOfResult({ tools: [tool('svn', null), tool('git', 0)] })
  expect(said).toContain('failures unknown')
  expect(said).toContain('0 % failed')
})

test('where nothing is told it is not said that there was none', () => {
  for (const data of [{ tools: [] }, { signals: [], nodes_reporting: 8 }])
    expect(textOfResult(data)).toMatch(/^No (?:tool|anomaly) to show/)
})

test('the same of commands by risk and by hour', () => {
  const by_risk_level = { safe: 90, moderate: 8, high: 2, critical: null }
  const safety = {
    by_risk_level,
    blocked: 3,
    confirmed_risky: null,
    karo_generated: 0,
    change: null,
    guard: { on: 8 },
    nodes_reporting: 8,
  }
  const said = textOfResult(safety, ['risk:high', 'act:blocked', 'act:confirmed_risky'])
  expect(said.match(/≥ \d+/g)).toEqual(['≥ 3', '≥ 2'])
  const hourly = Array.from({ length: 24 }, (_, hour) => hour)
  const activity = { hourly, daily: [], total_commands: 276, unique_commands: null, change: null }
  expect(textOfResult(activity, ['all', 'hour:05']).match(/≥ \d+/g)).toEqual(['≥ 276', '≥ 5'])
})
