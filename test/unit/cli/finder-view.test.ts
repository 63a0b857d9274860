// The finder on screens of any size: it fits, it is harmless, and says the same without colours.
import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import { type FinderState, initialState, onAnswer } from '../../../src/assist/finder/index.ts'
import { drawFinder, listRows } from '../../../src/cli/finder/view.ts'
import { textWidth } from '../../../src/cli/terminal/text.ts'
import fc, { forAll } from '../../support/run/properties.ts'

const NOW = Date.parse('2026-11-20T12:00:00Z')
const found = (command: string, more: object = {}) => ({
  id: command,
  command,
  cwd: '/home/ann/shop',
  at: NOW - 7_200_000,
  exit_code: 0,
  duration_ms: 12,
  risk_level: 'safe' as const,
  uses: 1,
  failures: 0,
  unknown: 0,
  ...more,
})
const screen = { columns: 80, rows: 24, colour: false, now: NOW, home: '/home/ann' }
const state = (question: string, ...commands: ReturnType<typeof found>[]): FinderState =>
  onAnswer(initialState(question, 'all', { without: [], isUpward: false, enterRuns: false }), {
    found: commands,
    total: commands.length,
    complete: true,
  }).state

test('at 80×24, as people see it', () => {
  const { lines } = drawFinder(
    state(
      'doc',
      found('docker run --rm -it shop:dev', {
        exit_code: 137,
        duration_ms: 65_000,
        uses: 31,
        failures: 2,
        unknown: 0,
      }),
      found('sudo dd if=image of=/dev/sda', { risk_level: 'critical', at: NOW - 30_000, exit_code: null }),
    ),
    screen,
  )
  expect(lines).toHaveLength(24)
  expect(lines.map((line) => line.trimEnd()).filter((line) => line !== '')).toEqual([
    'history: everything                                                   2 commands',
    '> doc',
    '>     137   2h   1m  docker run --rm -it shop:dev',
    '  XX    ?  30s       sudo dd if=image of=/dev/sda',
    '─'.repeat(79),
    '~/shop · exit 137 · took 1m 05s · 2h ago · safe · used 31 times, 2 failed',
    '  docker run --rm -it shop:dev',
    'Enter edit  Esc leave  Ctrl-R where  Ctrl-S match  Ctrl-O inspect  F1 help',
  ])
})

test('a command that was imported without a time has no age', () => {
  const { lines } = drawFinder(state('make', found('make build', { at: Number.NaN })), screen)
  expect(lines).toContainEqual(expect.stringMatching(/^> {12}– {7}make build/))
  expect(lines.join('\n')).toContain('~/shop · exit 0 · took 12 ms · safe · used once')
  const once = { ...found('make build', { at: Number.NaN }), first: Number.NaN, took: null }
  const inspected = { ...once, recent: [once], before: [], after: [], complete: true }
  const inspecting = { ...state('make', once), overlay: 'inspect' as const, inspecting: once, inspected }
  const text = drawFinder(inspecting, screen).lines.join('\n')
  expect(text).toContain('first not known.')
  expect(text).toContain('  not known exit 0')
})

test('a narrow screen has room for what says that nothing is found', () => {
  for (const question of ['', 'a'])
    for (const line of drawFinder(state(question), { ...screen, columns: 24, rows: 3 }).lines)
      expect(textWidth(line)).toBeLessThanOrEqual(24)
})

test('it fits every screen, whatever commands hold, and colours change nothing but colours', () => {
  const text = fc.string({
    unit: fc.constantFrom(
      'a',
      ' ',
      '日',
      '🎉',
      '❤️',
      '\n',
      '\t',
      '\x1b[31m',
      '\u202e',
      '\u0301',
      '"',
      'ö',
      '\x07',
    ),
    maxLength: 300,
  })
  forAll(
    fc.array(text, { maxLength: 30 }),
    text,
    fc.integer({ min: 1, max: 130 }),
    fc.integer({ min: 1, max: 50 }),
    fc.constantFrom('none', 'help', 'remove'),
    fc.nat(40),
    (commands, question, columns, rows, overlay, at) => {
      const shown = state(question, ...commands.map((command, i) => found(command, { id: String(i) })))
      const selected = Math.min(at, Math.max(0, commands.length - 1))
      const one: FinderState = { ...shown, selected, overlay: overlay as FinderState['overlay'] }
      const frame = drawFinder(one, { ...screen, columns, rows })
      expect(frame.lines.length).toBeLessThanOrEqual(rows)
      expect(frame.cursor.row).toBeLessThan(rows)
      for (const line of frame.lines) {
        expect(line).not.toMatch(/\p{Cc}|\u202e|\ufe0f/u)
        // Below that the terminal cuts: it does not wrap.
        if (columns >= 30) expect(textWidth(line)).toBeLessThanOrEqual(columns)
      }
      const coloured = drawFinder(one, { ...screen, columns, rows, colour: true })
      expect(coloured.lines.map(stripVTControlCharacters)).toEqual(frame.lines)
      if (overlay === 'none' && rows >= 4 && commands.length > 0)
        expect(frame.lines.some((line) => line.startsWith('> '))).toBe(true)
    },
  )
})

test('what is asked about is what is shown whole, whatever is found meanwhile', () => {
  const asked = { ...state('', found('secret')), overlay: 'remove' as const, removing: found('secret') }
  const { state: later } = onAnswer(asked, { found: [found('other')], total: 1, complete: true })
  const { lines } = drawFinder(later, screen)
  expect(lines).toContainEqual(expect.stringMatching(/^ {2}secret *$/))
  expect(lines).not.toContain('  other')
})

test('the one that is selected is always among those shown', () => {
  const commands = Array.from({ length: 100 }, (_, i) => found(`command number ${i}`))
  for (const rows of [4, 5, 10, 24, 60]) {
    for (const selected of [0, 1, 50, 98, 99]) {
      const { lines } = drawFinder({ ...state('', ...commands), selected }, { ...screen, rows })
      expect(lines.slice(2).find((line) => line.startsWith('>'))).toContain(`command number ${selected}`)
    }
    expect(listRows({ rows })).toBeLessThan(rows)
  }
})
