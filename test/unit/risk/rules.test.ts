// Every rule of the table against its own examples, and the table's own order.
import { expect, test } from 'vitest'
import { checkCommand, RISK_LEVELS } from '../../../src/risk/index.ts'
import { LINE_RULES } from '../../../src/risk/rules/code.ts'
import { RULES } from '../../../src/risk/rules/index.ts'

const ALL = [...RULES, ...LINE_RULES]
const found = (command: string) =>
  checkCommand(command, { home: '/home/me', cwd: '/home/me/src/project' }).matches.map((match) => match.rule)
const short = (command: string) => (command.length > 80 ? `${command.slice(0, 77)}…` : command)

for (const rule of ALL) {
  for (const command of rule.examples.risky)
    test(`${rule.id}: ${short(command)}`, () => {
      const verdict = checkCommand(command, { home: '/home/me', cwd: '/home/me/src/project' })
      expect(verdict.matches.map((match) => match.rule)).toContain(rule.id)
      expect(RISK_LEVELS.indexOf(verdict.risk_level)).toBeGreaterThanOrEqual(RISK_LEVELS.indexOf(rule.level))
    })
  for (const command of rule.examples.harmless)
    test(`${rule.id}: not ${short(command)}`, () => {
      expect(found(command)).not.toContain(rule.id)
    })
}

test('ids are unique, and every rule has examples both ways', () => {
  const ids = ALL.map((rule) => rule.id)
  expect(new Set(ids).size).toBe(ids.length)
  for (const rule of ALL) {
    expect(rule.examples.risky.length, rule.id).toBeGreaterThan(0)
    expect(rule.examples.harmless.length, rule.id).toBeGreaterThan(0)
    expect(rule.why, rule.id).toMatch(/^[A-Z].*\.$/)
  }
})

test('a safer form is itself judged lower than what it replaces', () => {
  for (const rule of ALL) {
    for (const command of rule.examples.risky) {
      const verdict = checkCommand(command, { home: '/home/me', cwd: '/home/me/src/project' })
      if (verdict.safer === undefined) continue
      const after = checkCommand(verdict.safer, { home: '/home/me', cwd: '/home/me/src/project' })
      expect(RISK_LEVELS.indexOf(after.risk_level), `${command} → ${verdict.safer}`).toBeLessThan(
        RISK_LEVELS.indexOf(verdict.risk_level),
      )
    }
  }
})
