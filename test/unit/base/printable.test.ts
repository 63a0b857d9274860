// Text of others made safe: nothing that acts or hides is left, and what programs read back is what it was.

import { expect, test } from 'vitest'
import {
  csvText,
  fromCsvText,
  inertJson,
  jsonText,
  printable,
  screened,
} from '../../../src/base/printable.ts'
import { comparable } from '../../../src/base/words/comparable.ts'
import { HOSTILE, UNSAFE } from '../../support/data/hostile-text.ts'
import fc, { anyText, forAll } from '../../support/run/properties.ts'

const texts = fc
  .array(fc.oneof(fc.constantFrom(...HOSTILE, '=', "'", '-', '\\u{', '\\', '\n', '"', ','), anyText()))
  .map((parts) => parts.join(''))
/** As a reader of RFC 4180 takes it out of a row. */
const unquoted = (field: string) => (field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field)

test('every code point that acts or hides is escaped, and no other', () => {
  for (let code = 0; code <= 0x10ffff; code++) {
    const character = String.fromCodePoint(code)
    const unsafe = UNSAFE.test(character)
    const shown = printable(character)
    if ((shown !== character) !== unsafe)
      expect([code.toString(16), shown !== character]).toEqual([code, unsafe])
    if (unsafe && !/^\\([nt]|x[0-9a-f]{2}|u\{[0-9a-f]{1,6}\})$/.test(shown)) expect(shown).toBe(code)
  }
})

test('for people nothing of it is left, whatever stands around it', () => {
  forAll(texts, fc.boolean(), (text, colour) => {
    expect(printable(text)).not.toMatch(UNSAFE)
    const output = screened(text, { colour, redraws: false })
    const rest = colour ? output.replace(/\x1b\[[0-9;:]*m/g, '') : output
    expect(rest.replace(/\r?\n|\t/g, '')).not.toMatch(UNSAFE)
  })
})

test('our own colours, lines and redraws stay', () => {
  const own = '\x1b[1mbold\x1b[0m\tone\r\ntwo – ███\n'
  expect(screened(own, { colour: true, redraws: false })).toBe(own)
  expect(screened('\x1b[1mx', { colour: false, redraws: false })).toBe('\\x1b[1mx')
  for (const draw of ['\r\x1b[K', '\x1b[H\x1b[2J']) {
    const drawn = screened(`${draw}x${draw}`, { colour: true, redraws: true })
    expect([drawn.startsWith(draw), /[\r\x1b]/.test(drawn.slice(draw.length))]).toEqual([true, false])
    expect(screened(draw, { colour: true, redraws: false })).not.toMatch(/[\r\x1b]/)
  }
})

test('JSON says the same without anything unsafe in it', () => {
  forAll(fc.dictionary(texts, texts), (value) => {
    expect(jsonText(value)).not.toMatch(UNSAFE)
    expect(JSON.parse(jsonText(value))).toEqual(value)
    const laidOut = inertJson(JSON.stringify(value, null, 2))
    expect(laidOut.replaceAll('\n', '')).not.toMatch(UNSAFE)
    expect(JSON.parse(laidOut)).toEqual(value)
  })
})

test('a field of CSV is no formula, hides nothing, and is read back as it was', () => {
  forAll(texts, (text) => {
    const field = csvText(text)
    expect(fromCsvText(unquoted(field))).toBe(text)
    expect(unquoted(field)).not.toMatch(/^[=+\-@\t\r\n]/)
    expect(field.replace(/[\n\t]/g, '')).not.toMatch(UNSAFE)
    if (/[",\n\r]/.test(unquoted(field))) expect(field).toMatch(/^"[\s\S]*"$/)
  })
  expect(csvText('=HYPERLINK("http://x")')).toBe('"\'=HYPERLINK(""http://x"")"')
  expect(csvText('git status')).toBe('git status')
})

test('two names that differ in what no font draws are one name', () => {
  for (const name of ['Ann\u3164', 'a\u115fnn', ' ann\ufe0f', 'a\u034fnn', 'ａｎｎ\u{e0101}', 'a\u2065nn'])
    expect(comparable(name)).toBe('ann')
  expect(comparable('Jose\u200d\u0301')).toBe(comparable('Jos\u00e9'))
  expect(comparable('ann 2')).not.toBe(comparable('ann'))
})
