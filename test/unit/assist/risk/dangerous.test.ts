// Dangerous lines and the tricks that hide them: each is judged at least as high as the corpus says.
import { expect, test } from 'vitest'
import { checkCommand, RISK_LEVELS, type RiskLevel, riskLevelOf } from '../../../../src/assist/risk/index.ts'
import { dangerousLines, PLACE } from '../../../support/data/lines.ts'

const DANGEROUS = dangerousLines()
/** Looked at by more than one test. */
const VERDICTS = DANGEROUS.map(({ least, shell, command }) => ({
  least,
  shell,
  ...checkCommand(command, { ...PLACE, shell }),
}))
const rank = (level: RiskLevel) => RISK_LEVELS.indexOf(level)

test('at least 1500 lines, no two of them the same, of bash, zsh and fish', () => {
  expect(new Set(DANGEROUS.map(({ shell, command }) => `${shell} ${command}`)).size).toBe(DANGEROUS.length)
  expect(DANGEROUS.length).toBeGreaterThanOrEqual(1_500)
  for (const shell of ['zsh', 'fish'])
    expect(DANGEROUS.filter((line) => line.shell === shell).length).toBeGreaterThan(40)
})

test('every one is judged at least as high as it deserves', () => {
  const missed = VERDICTS.flatMap(({ least, shell, command, risk_level }) =>
    rank(risk_level) < rank(least) ? [`${shell}: ${command} is ${risk_level}, not ${least}`] : [],
  )
  expect(missed).toEqual([])
})

// Not in the corpus, whose lines are also put into `sh -c`: there no program reads the lines that follow it.
test.each([
  ['psql shop\nDROP TABLE orders;', 'high'],
  ['ls; psql shop\nDROP TABLE orders;', 'high'],
  ['cd "a;b" && redis-cli\nFLUSHALL', 'high'],
  ['ls; psql shop\nSELECT 1;', 'safe'],
  ["echo 'x; psql shop'\nDROP TABLE orders;", 'safe'],
] as const)('what a program reads behind another command: %j is %s', (line, level) => {
  expect(checkCommand(line, { ...PLACE, shell: 'bash' }).risk_level).toBe(level)
})

test('the observer, who does not know the directory, never finds a safe name where there is none', () => {
  for (const { shell, command } of DANGEROUS)
    expect(riskLevelOf(command, shell), command).toBe(checkCommand(command, { shell }).risk_level)
})

test('a safer form, where there is one, is judged lower', () => {
  for (const { shell, command, safer, risk_level } of VERDICTS) {
    if (safer === undefined) continue
    const after = checkCommand(safer, { ...PLACE, shell }).risk_level
    expect(rank(after), `${command} → ${safer}`).toBeLessThan(rank(risk_level))
  }
})
