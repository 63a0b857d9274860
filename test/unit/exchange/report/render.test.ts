// The formats of a report: what each looks like, that it says the same numbers, and that no name in it becomes more than a text.
import { describe, expect, it } from 'vitest'
import { FORMATS, type Report, rendered, reportOf } from '../../../../src/exchange/report/index.ts'
import { csvRows } from '../../../../src/ops/care/csv.ts'
import { findingsOf, TWO_WEEKS } from './findings.ts'

const report = reportOf(TWO_WEEKS)

it.each(['md', 'csv', 'html'] as const)('%s is written as it was agreed', async (format) => {
  await expect(rendered(report, format)).toMatchFileSnapshot(`./golden/report.${format}`)
})

it('of a team says of whom coverage is told', () => {
  const text = rendered({ ...report, team: 'web', coverage: { ...report.coverage, rows: [] } }, 'md')
  expect(text).toContain('is known for all machines only')
  expect(text).not.toContain('Nothing was released')
})

it('of one machine alone says that in one sentence, and nothing of totals', () => {
  const none = { withheld: 'Totals need two aggregators.', now: [], before: [], back: 0 }
  const machines = { enrolled: 0, seen: 0, missing: [], missing_total: 0, never_enrolled: 0 }
  const found = { tool_usage: none, safety_stats: none, anomalies: none }
  const lone = reportOf(findingsOf(found, { machines, audience: null, named: { nodes: 0, rows: [] } }))
  for (const format of ['md', 'html', 'json'] as const) {
    const text = rendered(lone, format)
    expect(text).toContain('this machine alone')
    expect(text).not.toMatch(/totals|aggregator|released/i)
  }
})

const EVIL = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onload='x",
  'a|b',
  'first\nsecond',
  '\u001b[31mred\u0007',
  '\u202egnp.exe',
  '=cmd|calc!A0',
  '+1+1',
  '-2+3',
  '@SUM(A1)',
  '[link](javascript:x)',
  '](http://evil/)',
  '`code`',
  '</title></style></svg>',
  '&lt;b&gt;',
]

/** Every text in it that a machine or person of the mesh may have chosen is `name`. */
function hostile(name: string): Report {
  const [row] = report.tools.rows
  const move = { tool: name, category: name, uses: 3, machines: 5, periods: 1, of: 1 }
  return {
    ...report,
    node: { ...report.node, name },
    asked_as: name,
    team: name,
    audience: name,
    notes: [name],
    tools: { ...report.tools, rows: [{ ...row!, tool: name, category: name }], new: [move], notes: [name] },
    anomalies: { ...report.anomalies, rows: [{ ...report.anomalies.rows[0]!, type: name }] },
    machines: { ...report.machines, missing: [{ name, fingerprint: name, last_seen: name }] },
    coverage: { ...report.coverage, trend: [{ ...report.coverage.trend[0]!, why: name }] },
  }
}

describe.each(EVIL)('the name %j', (name) => {
  it('stays a text in HTML', () => {
    const page = rendered(hostile(name), 'html')
    // What the page is made of: no text can add to it.
    const tags = (html: string): readonly string[] => [
      ...new Set([...html.matchAll(/<\/?([a-z!]+)[^>]*>/gi)].map(([, tag]) => tag!.toLowerCase())),
    ]
    const plain = tags(rendered(hostile('x'), 'html'))
    expect(tags(page).filter((tag) => !plain.includes(tag))).toEqual([])
    const count = (html: string): number => [...html.matchAll(/</g)].length
    expect(count(page)).toBe(count(rendered(hostile('x'), 'html')))
    const quotes = (html: string): number => [...html.matchAll(/"/g)].length
    expect(quotes(page)).toBe(quotes(rendered(hostile('x'), 'html')))
    expect(page).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/)
  })

  it('stays a cell in Markdown', () => {
    const text = rendered(hostile(name), 'md')
    const cells = (line: string): number => line.replaceAll(/\\./g, '').split('|').length
    const shape = (md: string): readonly number[] => md.split('\n').map(cells)
    expect(shape(text)).toEqual(shape(rendered(hostile('x'), 'md')))
    expect(text.replaceAll(/\\./g, '')).not.toMatch(/<|\]\(|`|\[/)
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/)
  })

  it('stays a field in CSV, and no formula', async () => {
    const rows: string[][] = []
    const text = rendered(hostile(name), 'csv')
    async function* whole(): AsyncGenerator<string> {
      yield text
    }
    for await (const { fields, whole: isWhole } of csvRows(whole())) {
      expect([fields.length, isWhole]).toEqual([16, true])
      rows.push(fields)
    }
    for (const field of rows.flat()) expect(field).not.toMatch(/^[=+@]|^-(?!\d*\.?\d+(e-?\d+)?$)/)
    expect(text).not.toMatch(/[\u0000-\u0009\u000b\u000c\u000e-\u001f\u202e]/)
  })
})

it('says that no row is shown, and no rate of more than all uses', () => {
  const [tool] = report.tools.rows
  const text = rendered(
    {
      ...report,
      tools: { ...report.tools, rows: [{ ...tool!, failed: 1, failed_machines: 8 }] },
      counted: report.counted.map((section) => ({ ...section, rows: [] })),
    },
    'md',
  )
  expect(text).toMatch(/\| +100 % \|/)
  expect(text).not.toContain('≥ 100 %')
  for (const { title } of report.counted)
    expect(text.split(`## ${title}`)[1]).toMatch(/^[^#]*No row is shown: there was none/)
})

it('a chart of more periods than fit says how many it leaves out', () => {
  const [point] = report.coverage.trend
  const page = (many: number) =>
    rendered({ ...report, coverage: { ...report.coverage, trend: new Array(many).fill(point) } }, 'html')
  expect(page(120)).not.toContain('The newest 120')
  expect(page(506)).toContain('<p>The newest 120 of 506 periods; the table has all.</p>')
})

it('HTML loads and runs nothing', () => {
  const page = rendered(report, 'html')
  expect(page).not.toMatch(
    /<script|<link|<img|<iframe|<object|\son[a-z]+=|javascript:|@import|url\((?!#)|\ssrc=|\shref=/i,
  )
  expect(page).not.toMatch(/https?:/)
  expect(page).toContain("default-src 'none'")
  expect(page).toContain('@media print')
})

it('each chart of HTML has its words and its table', () => {
  const page = rendered(report, 'html')
  const charts = [...page.matchAll(/<svg [^>]*role="img" aria-label="([^"]+)"/g)]
  expect(charts).toHaveLength(4)
  for (const [, words] of charts) expect(words!.length).toBeGreaterThan(30)
  expect([...page.matchAll(/The chart as a table/g)]).toHaveLength(4)
})

it('every format says why there is nothing', () => {
  const empty = reportOf(
    findingsOf({
      ...Object.fromEntries(
        ['tool_usage', 'safety_stats', 'anomalies'].map((category) => [
          category,
          { withheld: 'No two aggregators are named.', now: [], before: [], back: 0 },
        ]),
      ),
    }),
  )
  for (const format of FORMATS) expect(rendered(empty, format)).toContain('No two aggregators are named.')
})

it('JSON is the report itself', () => {
  expect(JSON.parse(rendered(report, 'json'))).toEqual(report)
})
