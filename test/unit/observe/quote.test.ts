// One dialect of globs, whoever applies it: the regular expression for fish says what the daemon's matcher says.

import { expect, test } from 'vitest'
import { globMatcher, toRegExpSource } from '../../../src/base/quote.ts'
import fc, { forAllIn } from '../../support/run/properties.ts'
import { times } from '../../support/run/thorough.ts'

const SIGNS = [...'ab* ?\\[](){}^$.|+-#/\'"\n~&é日']

test('a glob as a regular expression matches what it matches as a glob', () => {
  const text = fc.array(fc.constantFrom(...SIGNS), { maxLength: 8 }).map((signs) => signs.join(''))
  let matched = 0
  forAllIn({ numRuns: times(500, 5_000) }, text, text, (glob, line) => {
    // PCRE2 reads the same here; \z is $ without the flag m.
    const expression = new RegExp(`^(?:${toRegExpSource(glob)})$`, 's')
    for (const each of [line, glob, glob.replaceAll('*', line), `${line}${glob}`]) {
      expect(expression.test(each), `${glob} on ${each}`).toBe(globMatcher(glob)(each))
      if (expression.test(each)) matched++
    }
  })
  expect(matched).toBeGreaterThan(times(500, 1_000))
})
