// Everyday work must stay quiet: of a corpus of common commands none is blocked and at most 1 % is flagged.
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

test.each([PLACE, {}])('at most 1 % flagged, in no profile blocked: %j', (place) => {
  for (const profile of GUARD_PROFILES) {
    const verdicts = EVERYDAY.map(({ shell, command }) => checkCommand(command, { ...place, shell, profile }))
    expect(verdicts.filter((verdict) => verdict.decision === 'block')).toEqual([])
    const flagged = verdicts.filter((verdict) => verdict.risk_level !== 'safe')
    const names = flagged.map(({ command, matches }) => `${command} [${matches.map((match) => match.rule)}]`)
    expect(flagged.length, names.join('\n')).toBeLessThanOrEqual(EVERYDAY.length / 100)
    if (profile === 'moderate') expect(verdicts.filter((verdict) => verdict.decision !== 'allow')).toEqual([])
  }
})

test('the cheap level is the level of the whole check', () => {
  for (const { shell, command } of EVERYDAY)
    expect(riskLevelOf(command, shell), command).toBe(checkCommand(command, { shell }).risk_level)
})
