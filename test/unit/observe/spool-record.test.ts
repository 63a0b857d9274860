// Records come out of the bytes as they went in, however the bytes are cut and whatever damage is between them.

import { describe, expect, test } from 'vitest'
import {
  COMMAND_BYTES,
  createSpoolParser,
  type SpoolItem,
  type SpoolRecord,
} from '../../../src/observe/record/spool-record.ts'
import { record, records, T0 } from '../../support/data/spool.ts'
import fc, { forAll } from '../../support/run/properties.ts'

function parse(bytes: Uint8Array, cuts: readonly number[] = []): SpoolItem[] {
  const parser = createSpoolParser()
  const items: SpoolItem[] = []
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b)
  let from = 0
  for (const to of [...places, bytes.length]) {
    // A buffer of its own that is then overwritten, as a reader that reuses its buffer would.
    const piece = Buffer.from(bytes.subarray(from, to))
    items.push(...parser.push(piece))
    piece.fill(0x7a)
    from = to
  }
  return items
}
const good = (items: readonly SpoolItem[]): SpoolRecord[] => items.flatMap(({ record: r }) => r ?? [])
const commands = (items: readonly SpoolItem[]): string[] => good(items).map(({ command }) => command)

const text = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
  .map((s) => s.replaceAll('\0', '').replace(/\n+$/, '') || 'x')

test('a record has the fields the hook wrote', () => {
  const [item] = parse(
    record({ command: 'ls -l', sequence: 7, cwd: '/a b', exit: 130, start: T0, end: T0 + 9 }),
  )
  expect(item!.record).toEqual({
    session: '0-1-2',
    sequence: 7,
    startUs: T0,
    durationUs: 9,
    shell: 'bash',
    cwd: '/a b',
    exitCode: 130,
    command: 'ls -l',
  })
})

test('any commands, cut anywhere, come out whole, each with its end', () => {
  forAll(
    fc.array(text, { minLength: 1, maxLength: 8 }),
    fc.array(fc.nat(), { maxLength: 30 }),
    (list, cuts) => {
      const bytes = records(list)
      const items = parse(bytes, cuts)
      expect(commands(items)).toEqual(list)
      expect(items.at(-1)!.end).toBe(bytes.length)
      // Reading on from any record's end gives the records after it: that is what an offset is for.
      for (const [i, item] of items.entries()) {
        expect(commands(parse(bytes.subarray(item.end)))).toEqual(list.slice(i + 1))
      }
    },
  )
})

test('after damage of any kind the next whole record is found, and nothing is made up', () => {
  forAll(
    fc.array(text, { minLength: 1, maxLength: 4 }),
    fc.nat(),
    fc.array(text, { minLength: 1, maxLength: 4 }),
    fc.array(fc.nat(), { maxLength: 10 }),
    (before, at, after, cuts) => {
      const half = record({ command: 'this was cut off', sequence: 99 })
      // Not whole: without its closing dot at least.
      const damage = half.subarray(0, 2 + (at % (half.length - 3)))
      const bytes = Buffer.concat([records(before), damage, records(after, 200)])
      const items = parse(bytes, cuts)
      expect(commands(items)).toEqual([...before, ...after])
      expect(items.filter(({ record: r }) => r === undefined).length).toBe(damage.length > 2 ? 1 : 0)
    },
  )
})

test('random bytes never throw, and a record after them is found', () => {
  forAll(fc.uint8Array({ maxLength: 400 }), (noise) => {
    const items = parse(Buffer.concat([noise, record({ command: 'found' })]))
    expect(commands(items).at(-1)).toBe('found')
  })
})

describe('what is no record', () => {
  const whole = record({ command: 'x' }).toString()
  test.each([
    ['another version', whole.replace('\x001\0', '\x002\0')],
    ['a time that is none', whole.replace(String(T0 + 1_000_000), 'soon')],
    ['a time beyond all times', whole.replace(String(T0 + 1_000_000), '9999999999999999')],
    ['sequence 0', whole.replace('0-1-2\x001\0', '0-1-2\x000\0')],
    ['a session with a path in it', whole.replace('0-1-2', '../x')],
    ['a shell with a blank', whole.replace('bash', 'ba sh')],
    ['a text without its mark', whole.replace('-\t x', 'x')],
    ['no dot at its end', `${whole.slice(0, -2)},\0`],
  ])('%s', (_, damaged) => {
    expect(damaged).not.toBe(whole)
    const items = parse(Buffer.concat([Buffer.from(damaged), record({ command: 'next' })]))
    expect(items.map(({ record: r }) => r?.command)).toEqual([undefined, 'next'])
  })
})

test('POSIX listings, several entries, and unknown ends', () => {
  const plain = record({ command: 'x', end: '?', exit: '?' }).toString()
  expect(good(parse(Buffer.from(plain)))[0]).toMatchObject({ durationUs: null, exitCode: null })
  expect(commands(parse(Buffer.from(plain.replace('-\t x\n', '_\t x\n'))))).toEqual([' x'])
  expect(commands(parse(Buffer.from(plain.replace('-\t x\n', '+\t if a\n\t then b\n\t fi\n'))))).toEqual([
    'if a\nthen b\nfi',
  ])
  // No text: the history is off or was just cleared.
  expect(commands(parse(Buffer.from(plain.replace('-\t x\n', '-'))))).toEqual([''])
})

test("what a program ran on the person's behalf, and what the guard did", () => {
  const plain = record({ command: 'ls -l' }).toString()
  const marked = (text: string) =>
    parse(Buffer.from(plain.replace('\0-\t ls -l\n\0', `\0${text}\0`)))[0]?.record
  expect(marked('@make test')).toMatchObject({ command: 'make test', generated: true })
  expect(marked('=make test')).not.toHaveProperty('generated')
  expect(marked('!blocked critical')).toMatchObject({
    command: '',
    note: { outcome: 'blocked', risk_level: 'critical' },
  })
  expect(marked('!paused')).toMatchObject({ command: '', paused: true })
  expect(marked('!paused')).not.toHaveProperty('note')
  for (const text of [
    '!',
    '!paused high',
    '!paused ',
    '!Paused',
    '!blocked',
    '!blocked huge',
    '!ran high',
    '!blocked high rm -rf /',
    '?x',
  ])
    expect(marked(text)).toBeUndefined()
})

test('a clock that was set from 1970 while a command ran gives no duration of decades', () => {
  const [booted] = good(parse(record({ command: 'x', start: 5_000_000, end: T0 })))
  expect(booted).toMatchObject({ startUs: 5_000_000, durationUs: null })
})

test('a clock set back gives no negative duration', () => {
  expect(good(parse(record({ command: 'x', start: T0, end: T0 - 1 })))[0]!.durationUs).toBeNull()
})

test('a huge command is cut at a whole character and says so; memory stays bounded', () => {
  const bytes = record({ command: 'é'.repeat(COMMAND_BYTES) })
  const [first, ...rest] = good(parse(bytes, [70_000, 90_000, 100_001]))
  expect(rest).toEqual([])
  expect(first!.command).toMatch(/^é+ …\[cut\]$/)
  expect(Buffer.byteLength(first!.command)).toBeLessThanOrEqual(COMMAND_BYTES + 16)
  expect(commands(parse(Buffer.concat([bytes, record({ command: 'next', sequence: 2 })])))[1]).toBe('next')
})

test('a path longer than any path spoils only its own record', () => {
  const items = parse(
    Buffer.concat([record({ command: 'x', cwd: '/'.repeat(100_000) }), record({ command: 'y' })]),
  )
  expect(commands(items).at(-1)).toBe('y')
})
