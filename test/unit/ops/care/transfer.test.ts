// What a person exports is what is imported, in both formats, whatever was typed; and every line that is wrong is named.

import { expect, test } from 'vitest'
import { readEventId } from '../../../../src/base/words/event-id.ts'
import { RISK_LEVELS } from '../../../../src/base/words/risk-levels.ts'
import {
  EXPORT_FORMATS,
  type ExportFormat,
  type Read,
  readTransfer,
  type TransferEvent,
  timestampOf,
  WRITERS,
} from '../../../../src/ops/care/transfer.ts'
import { idOfEvent } from '../../../../src/store/events/events.ts'
import fc, { forAllAsync } from '../../../support/run/properties.ts'

const text = fc.string({ unit: 'grapheme', maxLength: 40 })
const awkward = fc
  .array(fc.constantFrom('"', ',', '\n', '\r', '\r\n', 'a', ' ', '=1+1', 'é', '🦊', '\0'), { maxLength: 12 })
  .map((all) => all.join(''))
const typed = fc.oneof(text, awkward)
const event: fc.Arbitrary<TransferEvent> = fc
  .record({
    start: fc.integer({ min: 0, max: 7_000_000_000_000_000 }),
    tag: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    shell: fc.stringMatching(/^([a-z]{1,16}|\?)$/),
    command: typed.filter((command) => command !== ''),
    cwd: typed,
    exit_code: fc.option(fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constant(2 ** 32 - 1))),
    duration_us: fc.option(fc.maxSafeNat()),
    risk_level: fc.constantFrom(...RISK_LEVELS),
    category: fc.constantFrom('git', 'other'),
    tool: fc.constantFrom('git', 'other'),
    karo_generated: fc.boolean(),
    untimed: fc.boolean(),
  })
  .map(({ start, tag, untimed, ...others }) => ({
    id: idOfEvent(start, tag),
    timestamp: timestampOf(start),
    ...others,
    ...(untimed && { untimed }),
  }))

async function* pieces(whole: string, length: number): AsyncGenerator<string, void> {
  for (let at = 0; at < whole.length; at += length) yield whole.slice(at, at + length)
}

async function readAll(whole: string, length = whole.length + 1): Promise<Read[]> {
  const all: Read[] = []
  for await (const read of readTransfer(pieces(whole, length))) all.push(read)
  return all
}

const fileOf = (format: ExportFormat, events: readonly TransferEvent[]): string => {
  const { head, line, end } = WRITERS[format]
  return head + events.map(line).join('') + end(events.length)
}

test.each(EXPORT_FORMATS)('%s: what was written is read, in pieces of any length', async (format) => {
  await forAllAsync(
    fc.array(event, { maxLength: 8 }),
    fc.integer({ min: 11, max: 200 }),
    async (events, length) => {
      const read = await readAll(fileOf(format, events), length)
      expect(read.map((one) => ('event' in one ? one.event : one))).toEqual(events)
    },
  )
})

const plain: TransferEvent = {
  id: idOfEvent(Date.UTC(2026, 10, 20, 8, 15) * 1000 + 7, 1),
  timestamp: '2026-11-20T08:15:00.000Z',
  shell: 'bash',
  command: 'ls',
  cwd: '/tmp',
  exit_code: 0,
  duration_us: 5,
  risk_level: 'safe',
  category: 'file_ops',
  tool: 'ls',
  karo_generated: false,
}
const HEAD = '{"karo_export":1}'
const good = JSON.stringify(plain)
const problems = (read: readonly Read[]): (readonly [number, string])[] =>
  read.flatMap((one) => ('problem' in one ? [[one.line, one.problem] as const] : []))

test('a table of an earlier version is read as it was written', async () => {
  for (const command of ["'=1", '\\u{41}', "'-x", '=1+1']) {
    const file = fileOf('csv', [{ ...plain, command: 'x' }])
      .replace('\r\n2,', '\r\n1,')
      .replace(',x,', `,${command},`)
    const [read] = await readAll(file)
    expect(read).toMatchObject({ event: { command } })
  }
})

test('lines that are wrong are named, and the others are read', async () => {
  const { cwd: _, ...without } = plain
  const file = [
    HEAD,
    good,
    'not json',
    JSON.stringify(without),
    JSON.stringify({ ...plain, exit_code: '0' }),
    JSON.stringify({ ...plain, uid: 0 }),
    JSON.stringify({ ...plain, id: 'zzzzzzzzzzzzzzzzzz' }),
    good,
    '{"end":7}',
    'behind',
  ].join('\n')
  const read = await readAll(file)
  expect(problems(read)).toEqual([
    [3, 'is no JSON'],
    [4, 'has no cwd'],
    [5, 'has an unusable exit_code'],
    [6, 'has a field that nobody knows: "uid"'],
    [7, 'has an unusable id'],
    [10, 'is no JSON'],
  ])
  expect(read.filter((one) => 'event' in one)).toHaveLength(2)
})

test.each<readonly [string, unknown]>([
  ['shell', 'BASH; rm'],
  ['shell', ''],
  ['shell', 'x'.repeat(17)],
  ['exit_code', -1],
  ['exit_code', 2 ** 32],
])('what no hook records is not taken for a %s: %j', async (name, value) => {
  const wrong = { ...plain, [name]: value } as TransferEvent
  for (const format of EXPORT_FORMATS)
    expect(problems(await readAll(fileOf(format, [wrong])))).toEqual([[2, `has an unusable ${name}`]])
})

test('a file that was cut off, of a newer version, or of another kind is told from an export', async () => {
  const csv = fileOf('csv', [plain, plain])
  const rows = csv.split('\r\n')
  const end = csv.indexOf('\r\nend,') + 2
  const files = {
    'without an end': `${HEAD}\n${good}\n`,
    'an end that says more': `${HEAD}\n${good}\n{"end":2}\n`,
    'another version': '{"karo_export":2}\n',
    'other JSON': '{"a":1}\n',
    'a script': '#!/bin/sh\n',
    nothing: '',
    'a table without an end': csv.slice(0, end),
    'cut in a row': csv.slice(0, end - 4),
    'cut in the end': csv.slice(0, -4),
    'without a row': rows.toSpliced(1, 1).join('\r\n'),
    'a row behind the end': `${csv}${rows[1]}\r\n`,
    'a row of another version': csv.replace('\r\n2,', '\r\n3,'),
    'a row with a field less': csv.replace(',bash,', ','),
  }
  const page: string[] = []
  for (const [title, file] of Object.entries(files))
    for (const [line, problem] of problems(await readAll(file))) page.push(`${title}: ${line} ${problem}`)
  expect(page.join('\n')).toMatchSnapshot()
  // The end is a row like the others to whoever reads a table.
  expect(new Set(rows.slice(0, -1).map((row) => row.split(',').length))).toEqual(new Set([13]))
})

test.each([
  ['an open quote', '"'],
  ['commas', ','],
])('a table is not read on behind a row that cannot be one: %s', async (_, with_) => {
  let given = 0
  async function* endless(): AsyncGenerator<string, void> {
    yield fileOf('csv', []).split('\r\n')[0] as string
    yield '\r\n'
    for (; given < 100; given++)
      yield with_ === ',' ? ','.repeat(64 * 1024) : `"${'x'.repeat(64 * 1024)}`.slice(given === 0 ? 0 : 1)
  }
  const read: Read[] = []
  for await (const one of readTransfer(endless())) read.push(one)
  expect(problems(read)).toEqual([
    [2, expect.stringMatching(/^is longer than 4 MiB|^has more than 64 fields/)],
  ])
  expect(given).toBeLessThan(100)
})

test.each(EXPORT_FORMATS)(
  '%s: a time that was changed beside the id is not taken for the old one',
  async (format) => {
    const changed = fileOf(format, [plain, { ...plain, timestamp: '2020-01-01T00:00:00.000Z' }, plain])
    expect(problems(await readAll(changed))).toEqual([
      [3, 'has an id and a timestamp that disagree: the id says 2026-11-20T08:15:00.000Z'],
    ])
    const elsewhere = fileOf(format, [{ ...plain, timestamp: '2026-11-20T09:15:00+01:00' }])
    expect(problems(await readAll(elsewhere))).toEqual([])
    const nonsense = fileOf(format, [{ ...plain, timestamp: 'yesterday' }])
    expect(problems(await readAll(nonsense))).toHaveLength(1)
  },
)

test('the id tells start and tag', () => {
  expect(readEventId(plain.id).tag).toBe(1)
  expect(new Date(readEventId(plain.id).start_us / 1000).getUTCFullYear()).toBe(2026)
})

test('files from before there were events without a time are read as they were', async () => {
  const old = fileOf('csv', [plain])
    .replace(',untimed\r\n', '\r\n')
    .replace(',false\r\n', '\r\n')
    .replace(/,\r\n$/, '\r\n')
  expect(old).not.toContain('untimed')
  expect(await readAll(old)).toEqual([{ line: 2, event: plain }])
  for (const untimed of ['no', '1', ''])
    expect(await readAll(fileOf('csv', [plain]).replace(/,false\r\n/, `,${untimed}\r\n`))).toMatchObject([
      { line: 2, problem: expect.stringContaining('untimed') },
    ])
  const wrong = JSON.stringify({ ...plain, untimed: false })
  expect(await readAll(`${WRITERS.ndjson.head}${wrong}\n${WRITERS.ndjson.end(1)}`)).toMatchObject([
    { line: 2, problem: expect.stringContaining('untimed') },
  ])
})
