// Disguises of the dangerous corpus never lower a level; the long run of the same is `npm run soak -- risk`.

import { expect, test } from 'vitest'
import { checkCommand, RISK_LEVELS } from '../../../../src/assist/risk/index.ts'
import { DISGUISES, disguisable, disguised, fuzzRisk } from '../../../fuzz/risk.ts'
import { PLACE } from '../../../support/data/lines.ts'
import fc, { forAllIn } from '../../../support/run/properties.ts'
import { randomOf } from '../../../support/run/random.ts'
import { times } from '../../../support/run/thorough.ts'

const LINES = disguisable()
const rank = (level: (typeof RISK_LEVELS)[number]) => RISK_LEVELS.indexOf(level)

test('a fixed seed', () => {
  expect(fuzzRisk(times(1_500, 6_000), 20_26).lowered).toEqual([])
})

test('lines and disguises drawn apart from each other', () => {
  forAllIn({ numRuns: times(500, 2_000) }, fc.constantFrom(...LINES), fc.nat(), (line, seed) => {
    const { name, text } = disguised(line, randomOf(seed))
    const { risk_level } = checkCommand(text, { ...PLACE, shell: line.shell })
    expect(rank(risk_level), `${name}: ${text}`).toBeGreaterThanOrEqual(rank(line.least))
  })
})

test('every disguise fits many lines', () => {
  for (const { name, fits } of DISGUISES) {
    let missing = 16
    // No further than that: to see whether a line is open it is judged.
    LINES.some(({ command, shell }) => fits(command, shell) && --missing === 0)
    expect(missing, name).toBe(0)
  }
})
