// Everyday work must stay quiet: of a corpus of common commands none is blocked and at most 1 % is flagged.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { checkCommand, riskLevelOf } from '../../../src/risk/index.ts'

const EVERYDAY = readFileSync(new URL('everyday.txt', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
const PLACES = [{ home: '/home/me', cwd: '/home/me/src/project' }, {}]

test('at least 150 everyday commands', () => {
  expect(new Set(EVERYDAY).size).toBe(EVERYDAY.length)
  expect(EVERYDAY.length).toBeGreaterThanOrEqual(150)
})

test.each(PLACES)('at most 1 % flagged, none needs a confirmation: %j', (place) => {
  const verdicts = EVERYDAY.map((command) => checkCommand(command, place))
  const flagged = verdicts.filter((verdict) => verdict.risk_level !== 'safe')
  expect(flagged.filter((verdict) => verdict.decision !== 'allow')).toEqual([])
  const names = flagged.map(({ command, matches }) => `${command} [${matches.map((match) => match.rule)}]`)
  expect(flagged.length, names.join('\n')).toBeLessThanOrEqual(EVERYDAY.length / 100)
})

test('the cheap level is the level of the whole check', () => {
  for (const command of EVERYDAY)
    expect(riskLevelOf(command, 'bash'), command).toBe(checkCommand(command, {}).risk_level)
})
