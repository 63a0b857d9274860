// The words without which an expression cannot match: each text that it matches has one of them.
import { describe, expect, test } from 'vitest'
import { PHRASES } from '../../../../src/assist/copilot/compose/find-words.ts'
import { FORMS } from '../../../../src/assist/copilot/compose/forms-words.ts'
import { expressionOf, neededWords } from '../../../../src/assist/copilot/compose/needed.ts'
import { ABOUT_MACHINE } from '../../../../src/assist/copilot/compose/sentences-machine.ts'
import { HEADS, TAILS, WRAPS } from '../../../../src/assist/copilot/compose/sentences-parts.ts'
import { ABOUT_FILES, PARTS } from '../../../../src/assist/copilot/compose/sentences-words.ts'
import fc from '../../../support/run/properties.ts'

const written = (pattern: string): string =>
  pattern.replace(/\{([A-Z]+)\}/g, (_, name: string) => written(PARTS[name] ?? '(<[a-z]\\d+>)'))
const SOURCES = [
  ...[...ABOUT_FILES, ...ABOUT_MACHINE, ...HEADS, ...TAILS, ...PHRASES].map(([pattern]) => pattern),
  ...WRAPS.map(([head]) => head),
  ...WRAPS.map(([, tail]) => tail),
  ...FORMS.flatMap(([verb, , parts]) => [verb, ...parts.map(([pattern]) => pattern)]),
].map(written)
/** fast-check makes no texts for what looks around. */
const MADE = SOURCES.filter((source) => !/\(\?<?[=!]|\\b/.test(source))

describe('neededWords', () => {
  test.each<[source: string, words: readonly string[] | undefined]>([
    ['delete', ['delete']],
    ['(?:rm|remove)s? files', ['files']],
    ['(?:delete|remove)s? it', ['delete', 'remove']],
    ['files?', ['file']],
    ['(?:all )?(?:of )?', undefined],
    ['an|long', ['an', 'long']],
    ['a|long', undefined],
    ['(?:a|)', undefined],
    ['[abc]+\\d', undefined],
    ['x{0,3}(?:word){2}', ['word']],
    ['(?=inside)y', ['inside']],
    ['(?!never)y', undefined],
    ['(?<!never)(?<=before) y', ['before']],
    ['(?<name>thing)', ['thing']],
    ['\\.conf', ['.conf']],
    ['[)\\]]wo[rR]d', ['wo']],
    ['abc*d', ['ab']],
  ])('of %s', (source, words) => expect(neededWords(source)).toEqual(words))

  test('of most of the grammar, so that a request needs few of its expressions', () => {
    const known = SOURCES.filter((source) => neededWords(source) !== undefined)
    expect(known.length).toBeGreaterThan(SOURCES.length * 0.9)
  })

  test('every text that an expression of the grammar matches has one of its words', () => {
    for (const source of MADE) {
      const words = neededWords(source)
      if (words === undefined) continue
      fc.assert(
        fc.property(fc.stringMatching(new RegExp(`^(?:${source})$`)), (text) =>
          words.some((word) => text.includes(word)),
        ),
        { numRuns: 10 },
      )
    }
  })
})

test('an expression says what the regular expression says', () => {
  const text = fc.oneof(
    ...MADE.slice(0, 40).map((source) => fc.stringMatching(new RegExp(`^(?:${source})$`))),
  )
  fc.assert(
    fc.property(fc.constantFrom(...SOURCES), text, (source, words) => {
      expect(expressionOf(source).exec(words)).toEqual(new RegExp(source).exec(words))
    }),
  )
})
