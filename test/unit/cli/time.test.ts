// Times as people type them.

import { describe, expect, test } from 'vitest'
import { parseDuration, parseSince, parseUntil } from '../../../src/cli/input/time.ts'
import fc, { forAll } from '../../support/run/properties.ts'

const NOW = Date.parse('2026-11-20T08:00:00.500Z')
const badAt = (where: string) =>
  expect.objectContaining({ code: 'bad_request', hint: expect.any(String), where })

describe('parseDuration', () => {
  test.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['1.5m', 90_000],
    ['2h', 7_200_000],
    ['7 d', 604_800_000],
    ['2w', 1_209_600_000],
    ['0s', 0],
  ])('%s', (text, ms) => {
    expect(parseDuration(text, '--timeout')).toBe(ms)
  })

  test.each(['', '5', 'h', '-2h', '2H', '2 hours', '1e3s', '2h30m', '9999999999s'])('refuses %j', (text) => {
    expect(() => parseDuration(text, '--timeout')).toThrow(badAt('--timeout'))
  })
})

describe('parseSince', () => {
  const day = (year: number, month: number, date: number) => new Date(year, month - 1, date)
  const midnight = new Date(NOW).setHours(0, 0, 0, 0)
  // NOW is a Friday.
  test.each<[string, number | Date]>([
    ['2h', NOW - 7_200_000],
    ['now', NOW],
    ['today', midnight],
    ['yesterday', new Date(midnight).setDate(new Date(midnight).getDate() - 1)],
    ['2026-02-28', day(2026, 2, 28)],
    ['2026-11-19 18:58:16', new Date(2026, 10, 19, 18, 58, 16)],
    ['2026-11-19T18:58', new Date(2026, 10, 19, 18, 58)],
    ['08:05', new Date(NOW).setHours(8, 5, 0, 0)],
    ['thursday', day(2026, 11, 19)],
    ['Last Thursday', day(2026, 11, 19)],
    ['saturday', day(2026, 11, 14)],
    ['friday', day(2026, 11, 20)],
    ['last friday', day(2026, 11, 13)],
    ['yesterday 18:58', new Date(2026, 10, 19, 18, 58)],
    ['last monday 09:05', new Date(2026, 10, 16, 9, 5)],
    ['two days ago', NOW - 2 * 86_400_000],
    ['last week', NOW - 7 * 86_400_000],
    ['2 months ago', new Date(NOW).setMonth(8)],
    ['a year ago', new Date(NOW).setFullYear(2025)],
  ])('knows spans, local days and times, weekdays, months and number words: %s', (text, time) => {
    expect(parseSince(text, NOW)).toBe(Number(time))
  })

  test('a month before the 31st ends with its own last day', () => {
    const now = new Date(2026, 2, 31, 12).getTime()
    expect(parseSince('last month', now)).toBe(new Date(2026, 1, 28, 12).getTime())
  })

  test.each([
    ['2026-11-20T08:00:00Z', Date.UTC(2026, 10, 20, 8)],
    ['2026-11-20t08:00:00z', Date.UTC(2026, 10, 20, 8)],
    ['2026-11-20 08:00:00.25+02:00', Date.UTC(2026, 10, 20, 6, 0, 0, 250)],
    ['2026-11-20T08:00Z', Date.UTC(2026, 10, 20, 8)],
  ])('reads RFC 3339: %s', (text, ms) => {
    expect(parseSince(text, NOW)).toBe(ms)
  })

  test.each([
    '',
    'tomorrow',
    '2026-02-31',
    '2026-13-01',
    '2026-02-31 08:00',
    '2026-11-20 24:00',
    '8:00',
    '08:60',
    '20.11.2026',
    'last',
    'last today',
    'last fortnight',
    'someday 08:00',
    '1.5 months ago',
    '9999 years ago',
    '1700000000',
    '2026-11-20T25:00:00Z',
  ])('refuses %j', (text) => {
    expect(() => parseSince(text, NOW, '--from')).toThrow(badAt('--from'))
  })

  test('gives back any moment it is given in RFC 3339', () => {
    forAll(fc.date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true }), (date) => {
      expect(parseSince(date.toISOString(), NOW)).toBe(date.getTime())
    })
  })
})

describe('parseUntil', () => {
  test('takes a day whole, up to now, and a moment as it is', () => {
    const day = (text: string) => [parseSince(text, NOW), parseUntil(text, NOW)]
    const midnight = new Date(2026, 10, 20).getTime()
    expect(day('2026-11-18')).toEqual([new Date(2026, 10, 18).getTime(), new Date(2026, 10, 19).getTime()])
    expect(day('yesterday')).toEqual([new Date(2026, 10, 19).getTime(), midnight])
    expect(day('today')).toEqual([midnight, NOW])
    expect(day('last thursday')).toEqual([new Date(2026, 10, 19).getTime(), midnight])
    expect(parseUntil('thursday 08:00', NOW)).toBe(new Date(2026, 10, 19, 8).getTime())
    expect(parseUntil('2h', NOW)).toBe(NOW - 7_200_000)
    expect(parseUntil('2026-11-20T07:00:00Z', NOW)).toBe(Date.parse('2026-11-20T07:00:00Z'))
  })

  test('a day to come ends where it begins, and a wrong one names --to', () => {
    expect(parseUntil('2026-12-24', NOW)).toBe(new Date(2026, 11, 24).getTime())
    expect(() => parseUntil('2026-02-31', NOW)).toThrow(expect.objectContaining({ where: '--to' }))
  })
})
