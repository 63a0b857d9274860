// Policy tests as a file: what does not hold is named with its line, and what is written wrong is refused with its place.
import { expect, test } from 'vitest'
import { builtIn } from '../../../../src/trust/policy/built-in.ts'
import { holdExpectations, readExpectations } from '../../../../src/trust/policy/expectations.ts'
import type { PolicyEngine } from '../../../../src/trust/policy/index.ts'
import { supposedRequest } from '../../../../src/trust/policy/supposed.ts'
import { FRIDAY, failing, HOUR } from './requests.ts'

const node = { teams: ['eng'], k: 5, now: FRIDAY }
const hold = (text: string, engine: PolicyEngine = builtIn) =>
  holdExpectations(engine, readExpectations(text, 'x.toml'), node, 'x.toml')

test('each expectation is held by itself, with its line', () => {
  const outcomes = hold(`
teams = ["eng"]
[[test]]
as = ["role:lead", "team:eng"]
allow = [
  "query.tool_usage",
  "query.anomalies",
]
deny = ["query.safety_posture"]
[[test]]
as = ["role:security"]
level = 2
allow = ["query.anomalies"]
deny = ["summary.receive"]
category = "tool_usage"
`)
  expect(outcomes.map(({ line, action, expected, holds }) => [line, action, expected, holds])).toEqual([
    [6, 'query.tool_usage', 'allow', true],
    [7, 'query.anomalies', 'allow', true],
    [9, 'query.safety_posture', 'deny', false],
    [13, 'query.anomalies', 'allow', true],
    [14, 'summary.receive', 'deny', true],
  ])
})

test('a denial that nobody could judge is not the one that was expected', () => {
  expect(hold('[[test]]\ndeny = ["query.tool_usage"]', failing)).toMatchObject([{ holds: false }])
})

test.each([
  ['[[test]\n', 'x.toml:1:'],
  ['', 'x.toml:1 there are no tests'],
  ['[[test]]\nas = ["role:lead"]', 'x.toml:1 a test expects nothing'],
  ['[[test]]\nalow = ["query.tool_usage"]', 'x.toml:2 alow is no key'],
  ['polices = []\n[[test]]\nallow = ["query.tool_usage"]', 'x.toml:1 polices is no key'],
  ['[[test]]\nallow = "query.tool_usage"', 'x.toml:2 allow must be a list'],
  ['[[test]]\nlevel = 3\nallow = ["query.tool_usage"]', 'x.toml:2 level is 1 or 2'],
  ['[[test]]\nallow = [\n"query.tools"]', "x.toml:3 action: 'query.tools' is none"],
  ['[[test]]\nas = ["lead"]\nallow = ["query.tool_usage"]', "x.toml:3 as: 'lead' names no role or team"],
  ['[[test]]\nat = "25:00"\nallow = ["query.tool_usage"]', "x.toml:3 at: '25:00' is no time"],
  ['[[test]]\nallow = ["summary.receive"]', 'x.toml:2 category: summary.receive is decided for each'],
])('%j is refused', (text, expected) => {
  let said = ''
  try {
    hold(text)
  } catch (error) {
    const { where, message } = error as { where: string; message: string }
    said = `${where} ${message}`
  }
  expect(said).toContain(expected)
})

test('a time of day is one of today, or of the next such weekday', () => {
  const at = (text: string) =>
    supposedRequest({ as: [], action: 'query.tool_usage', at: text }, node).circumstances
  expect(at('22:30').at).toBe(new Date(2026, 10, 20, 22, 30).getTime())
  expect(at('sat 07:05').at).toBe(new Date(2026, 10, 21, 7, 5).getTime())
  expect(at('fri 07:05').at).toBe(new Date(2026, 10, 20, 7, 5).getTime())
  expect(at('2026-11-21T22:30:00Z').at).toBe(Date.parse('2026-11-21T22:30:00Z'))
  const { range } = at('22:30')
  expect(range!.end - range!.start).toBe(24 * HOUR)
})
