// Times as people type them: `90s`, `2h`, `3 days ago`, `today`, `last friday`, a date, or RFC 3339.
import { localDay, startOfLocalDay, weekdayOf } from '../../base/calendar.ts'

import { usage } from '../usage.ts'

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}
const DURATION = /^(\d{1,9}(?:\.\d{1,3})?)\s*(ms|s|m|h|d|w)$/
/** The words that people use for the units, in the singular. */
const UNIT_NAMES: Readonly<Record<string, string>> = {
  second: 's',
  sec: 's',
  minute: 'm',
  min: 'm',
  hour: 'h',
  day: 'd',
  week: 'w',
}
const NUMBER_WORDS = [
  'one',
  'two',
  'three',
  'four',
  'five',
  'six',
  'seven',
  'eight',
  'nine',
  'ten',
  'eleven',
  'twelve',
]
/** `3 days ago`, `two days ago`, `an hour ago`, `last 2 weeks`, `last week`. */
const AGO = new RegExp(
  `^(?:(?:the )?last |past )?(an?|${NUMBER_WORDS.join('|')}|\\d{1,9}(?:\\.\\d{1,3})?)\\s*([a-z]+?)s?(?: ago)?$`,
)
const LAST = /^(?:last|past) ([a-z]+)$/
/** Monday is 0, as for `weekdayOf`. */
const WEEKDAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday']
const RFC3339 = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:[Zz]|[+-]\d{2}:\d{2})$/
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/
/** A local time as `karo history` prints it; the day may be missing, or a word. */
const LOCAL = /^(?:(\d{4}-\d{2}-\d{2})[Tt ]|([a-z ]+) )?(\d{2}):(\d{2})(?::(\d{2}))?$/i

/** Milliseconds of a text such as `90s`, `1.5h` or `7d`. Throws KaroError `bad_request`; `where` names the option. */
export function parseDuration(text: string, where: string): number {
  const match = DURATION.exec(text.trim())
  if (!match)
    throw usage(
      `'${text}' is not a duration`,
      where,
      'Write a number and a unit: 500ms, 30s, 5m, 2h, 7d or 2w.',
    )
  return Math.round(Number(match[1]) * UNIT_MS[match[2]!]!)
}

/** The end of what begins now and lasts so long. Throws as `parseDuration`. */
export const endOf = (text: string, where: string): string =>
  rfc3339(Date.now() + parseDuration(text, where), where)

/** As `parseDuration`; `least` and `most` are written like the text. */
export const lasting =
  (least: string, most: string) =>
  (text: string, where: string): number => {
    const ms = parseDuration(text, where)
    if (ms >= parseDuration(least, where) && ms <= parseDuration(most, where)) return ms
    throw usage(`'${text}' is out of range`, where, `It can be ${least} to ${most}.`)
  }

/** As `lasting`, in whole seconds. */
export const seconds = (least: string, most: string) => (text: string, where: string) =>
  Math.floor(lasting(least, most)(text, where) / 1_000)

/**
 * A moment as ms since the epoch: a length of time before `now` (`2h`; in words `3 days ago`, `last month`), `now`, a day (its
 * first moment, local time: `today`, `yesterday`, `friday`, `last friday`, `YYYY-MM-DD`), a local time with or without its day
 * (`2026-11-20 08:00`, `yesterday 08:00`, `08:00` of today), or RFC 3339 with its offset.
 * Throws KaroError bad_request; `where` names the option.
 */
export function parseSince(text: string, now: number, where = '--since'): number {
  const word = text.trim()
  if (DURATION.test(word)) return now - parseDuration(word, where)
  const ago = timeAgo(word.toLowerCase(), now)
  if (ago !== undefined) return ago
  if (word === 'now') return now
  const day = startOfDay(word, now)
  if (day !== undefined) return day
  const local = LOCAL.exec(word)
  if (local) {
    const [hours, minutes, seconds] = [Number(local[3]), Number(local[4]), Number(local[5] ?? 0)]
    const first = startOfDay(local[1] ?? local[2] ?? 'today', now)
    if (first !== undefined && hours < 24 && minutes < 60 && seconds < 60)
      return new Date(first).setHours(hours, minutes, seconds)
  }
  if (RFC3339.test(word)) {
    const parsed = Date.parse(word.replace(' ', 'T').toUpperCase())
    if (!Number.isNaN(parsed)) return parsed
  }
  throw usage(
    `'${text}' is not a time`,
    where,
    'Write how long ago (30m, 2h, 3 days ago), today, last friday, a date (2026-11-20), a local time (2026-11-20 08:00), or RFC 3339 (2026-11-20T08:00:00Z).',
  )
}

/** The moment of `3 days ago`; undefined for anything else. Months and years are the calendar's. */
function timeAgo(text: string, now: number): number | undefined {
  const [, number = LAST.test(text) ? 'a' : '', name = LAST.exec(text)?.[1] ?? ''] = AGO.exec(text) ?? []
  const word = NUMBER_WORDS.indexOf(number)
  const count = /^an?$/.test(number) ? 1 : word < 0 ? Number(number) : word + 1
  const unit = UNIT_MS[UNIT_NAMES[name] ?? '']
  if (unit !== undefined) return now - Math.round(count * unit)
  if ((name !== 'month' && name !== 'year') || !Number.isInteger(count) || count > MOST_MONTHS)
    return undefined
  const then = new Date(now)
  const day = then.getDate()
  then.setMonth(then.getMonth() - count * (name === 'year' ? 12 : 1))
  // A month with fewer days ends before that day: 31 March, a month ago, is the last of February.
  if (then.getDate() !== day) then.setDate(0)
  return then.getTime()
}

/** A larger number of months or years ago is refused: nobody recorded anything then. */
const MOST_MONTHS = 1_200

/** The first moment of `today`, `yesterday`, a weekday or a local date; undefined for any other word. */
function startOfDay(text: string, now: number): number | undefined {
  const word = text.toLowerCase()
  // Days are counted, because where clocks change at midnight a day may begin at 01:00, and its neighbours do not.
  const today = localDay(now)
  if (word === 'today') return startOfLocalDay(today)
  if (word === 'yesterday') return startOfLocalDay(today - 1)
  const [, last, name = ''] = /^(last )?([a-z]+)$/.exec(word) ?? []
  const weekday = WEEKDAYS.indexOf(name)
  if (weekday < 0) return startOfDate(word)
  const back = (weekdayOf(today) - weekday + 7) % 7
  return startOfLocalDay(today - (back === 0 && last !== undefined ? 7 : back))
}

/** The first moment of a local date; undefined if `word` is not a date. */
function startOfDate(word: string): number | undefined {
  const date = DATE.exec(word)
  if (!date) return undefined
  const [year, month, day] = [Number(date[1]), Number(date[2]) - 1, Number(date[3])]
  const local = new Date(year, month, day)
  // `Date` turns 31 February into a day of March; such a date is a typing mistake.
  const real = year >= 1000 && local.getMonth() === month && local.getDate() === day
  return real ? local.getTime() : undefined
}

/**
 * The end of a range, as ms since the epoch: as parseSince, but a day (`today`, `friday`, a date) is meant whole, up to `now`. Throws KaroError bad_request; `where` names the option.
 */
export function parseUntil(text: string, now: number, where = '--to'): number {
  const moment = parseSince(text, now, where)
  const word = text.trim()
  if (startOfDay(word, now) === undefined) return moment
  // Counted by the calendar, because days on which clocks change do not have 24 hours.
  return Math.max(moment, Math.min(startOfLocalDay(localDay(moment) + 1), now))
}

/** A time for the API, which takes the years 1970 to 9999. Throws KaroError `bad_request`; `where` names the option. */
export function rfc3339(ms: number, where: string): string {
  if (ms < 0 || ms >= Date.UTC(10_000, 0))
    throw usage(
      'that time is too far in the past or the future',
      where,
      'Times from 1970 to 9999 can be used.',
    )
  return new Date(ms).toISOString()
}

/** As `parseSince`, as the daemon takes it. */
export const sinceTime = (text: string, where: string, now: number): string =>
  rfc3339(parseSince(text, now, where), where)

/** As `parseUntil`, as the daemon takes it. */
export const untilTime = (text: string, where: string, now: number): string =>
  rfc3339(parseUntil(text, now, where), where)
