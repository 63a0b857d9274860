// Whatever a terminal sends, in whatever pieces, comes out as the same keys; nothing of it as control characters.

import { expect, test } from 'vitest'
import { createKeyReader, type Key } from '../../../../src/assist/finder/index.ts'
import fc, { anyText, forAll } from '../../../support/run/properties.ts'

function keysOf(pieces: readonly string[]): Key[] {
  const reader = createKeyReader()
  return [...pieces.flatMap((piece) => reader.push(piece)), ...reader.flush()]
}
/** Text as one: how it was cut does not matter. */
function joined(keys: readonly Key[]): (string | Key)[] {
  const out: (string | Key)[] = []
  for (const key of keys) {
    const last = out.at(-1)
    if ('text' in key && typeof last === 'string') out[out.length - 1] = last + key.text
    else out.push('text' in key ? key.text : key)
  }
  return out
}

test('Alt with a digit picks, other keys with Alt do nothing', () => {
  expect(keysOf(['\x1b1\x1b9\x1b0\x1bx'])).toEqual([{ pick: 1 }, { pick: 9 }])
})

test('keys of xterm, rxvt and the console', () => {
  const names = keysOf(['\x1b[A\x1bOB\x1b[5~\x1b[H\x1bOP\x1b[[A\x1b[11~\x7f\x17\x12\x04\r\t\x1b[3~'])
  expect(names.map((key) => ('name' in key ? key.name : key))).toEqual([
    ...['up', 'down', 'page-up', 'home', 'help', 'help', 'help', 'backspace', 'delete-word', 'mode'],
    ...['remove', 'enter', 'tab', 'delete'],
  ])
})

test('an ESC alone is one when nothing follows, and unknown sequences are nothing', () => {
  const reader = createKeyReader()
  expect(reader.push('\x1b')).toEqual([])
  expect(reader.waiting()).toBe(true)
  expect(reader.flush()).toEqual([{ name: 'escape' }])
  expect(keysOf(['a\x1b[1;5Cb\x1b[?62;4cc'])).toEqual([{ text: 'a' }, { text: 'b' }, { text: 'c' }])
})

test('a paste is text on one line, and no key', () => {
  expect(keysOf(['\x1b[200~rm -rf x\r\nls\x03\x1b[201~\r'])).toEqual([
    { text: 'rm -rf x ls ' },
    { name: 'enter' },
  ])
})

test('the same however it comes', () => {
  const piece = fc.constantFrom(
    'a',
    'ö',
    '🎉',
    '\x1b[A',
    '\x1b[5~',
    '\x1bOP',
    '\r',
    '\x7f',
    '\x1b[200~x\ny\x1b[201~',
    '\x00',
    '\x1b[99~',
  )
  forAll(
    fc.array(piece, { maxLength: 12 }),
    fc.infiniteStream(fc.integer({ min: 1, max: 4 })),
    (pieces, cuts) => {
      const whole = pieces.join('')
      const parts: string[] = []
      const units = [...whole]
      while (units.length > 0) parts.push(units.splice(0, cuts.next().value as number).join(''))
      expect(joined(keysOf(parts))).toEqual(joined(keysOf([whole])))
    },
  )
})

test('no text has a control character, and it always ends', () => {
  forAll(fc.array(anyText({ maxLength: 30 })), (pieces) => {
    for (const key of keysOf(pieces)) if ('text' in key) expect(key.text).not.toMatch(/\p{Cc}/u)
  })
})
