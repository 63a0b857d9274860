// Everyday work must stay quiet: of a corpus of common commands none is blocked, at most 1.5 % are asked about and at most 2 % flagged.
import { expect, test } from 'vitest'
import { checkCommand, GUARD_PROFILES, riskLevelOf } from '../../../../src/assist/risk/index.ts'
import { everydayLines, PLACE } from '../../../support/data/lines.ts'

const EVERYDAY = everydayLines()

test('more than a thousand different everyday commands, of bash, zsh and fish', () => {
  expect(new Set(EVERYDAY.map(({ shell, command }) => `${shell} ${command}`)).size).toBe(EVERYDAY.length)
  expect(EVERYDAY.length).toBeGreaterThan(1_000)
  for (const shell of ['zsh', 'fish'])
    expect(EVERYDAY.filter((line) => line.shell === shell).length).toBeGreaterThan(20)
})

test.each([PLACE, {}])('at most 2 % flagged, blocked only in strict: %j', (place) => {
  const profile = 'moderate'
  const verdicts = EVERYDAY.map(({ shell, command }) => ({
    shell,
    ...checkCommand(command, { ...place, shell, profile }),
  }))
  const flagged = verdicts.filter((verdict) => verdict.risk_level !== 'safe')
  const names = flagged.map(({ command, matches }) => `${command} [${matches.map((match) => match.rule)}]`)
  expect(flagged.length, names.join('\n')).toBeLessThanOrEqual(EVERYDAY.length / 50)
  const asked = verdicts.filter((verdict) => verdict.decision !== 'allow')
  expect(asked.length, names.join('\n')).toBeLessThanOrEqual(EVERYDAY.length * 0.015)
  // What is asked about throws away work that nothing brings back.
  const rules = ['git-discard', 'git-rewrite']
  expect(asked.filter(({ matches }) => !rules.includes(matches[0]?.rule ?? ''))).toEqual([])
  // A profile decides by the level, and lets what is safe run: the others differ in what is flagged.
  for (const profile of GUARD_PROFILES.filter((one) => one !== 'strict'))
    for (const { shell, command } of flagged)
      expect(checkCommand(command, { ...place, shell, profile }).decision, command).not.toBe('block')
  if (place === PLACE) return
  // The cheap level, of whom nobody told the place, is the level of the whole check.
  for (const { shell, command, risk_level } of verdicts)
    expect(riskLevelOf(command, shell), command).toBe(risk_level)
})
