// Histories of shells are read as the shells read them; what is written is read; no bytes break a reader.

import { pipe } from 'it-pipe'
import { describe, expect, test } from 'vitest'
import { readBash } from '../../../../src/observe/imports/bash.ts'
import { COMMAND_BYTES, type ForeignShell, type Item } from '../../../../src/observe/imports/entry.ts'
import { readFish } from '../../../../src/observe/imports/fish.ts'
import { linesOf, type Reader } from '../../../../src/observe/imports/lines.ts'
import { SHELL_WRITERS } from '../../../../src/observe/imports/writers.ts'
import { readZsh } from '../../../../src/observe/imports/zsh.ts'
import fc, { anyText, forAllAsyncIn } from '../../../support/run/properties.ts'

const READERS: Readonly<Record<ForeignShell, Reader>> = { bash: readBash, zsh: readZsh, fish: readFish }

async function* pieces(whole: Uint8Array, length: number): AsyncGenerator<Uint8Array, void> {
  // One buffer for all pieces, as a reader of files has: what is kept has to be copied.
  const buffer = Buffer.alloc(length)
  for (let at = 0; at < whole.length; at += length) {
    const part = whole.subarray(at, at + length)
    buffer.set(part)
    yield buffer.subarray(0, part.length)
  }
}

async function read(shell: ForeignShell, content: string | Uint8Array, length = 1 << 20): Promise<Item[]> {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content
  const all: Item[] = []
  for await (const item of pipe(pieces(bytes, length), linesOf, READERS[shell])) all.push(item)
  return all
}

/** What a person would look at. */
const brief = (items: readonly Item[]): unknown[] =>
  items.map((item) =>
    'entry' in item
      ? [item.entry.command, item.entry.start_us === null ? null : item.entry.start_us / 1_000_000]
      : `${item.line}: ${item.problem}`,
  )

describe('bash', () => {
  test('without times each line is a command', async () => {
    expect(brief(await read('bash', 'ls\n\ncd /tmp\n# a comment\n'))).toEqual([
      ['ls', null],
      ['cd /tmp', null],
      ['# a comment', null],
    ])
  })

  test('with times all lines up to the next time are one command', async () => {
    const file =
      '#1700000000\nls\n#1700000001\nfor i in 1 2\ndo\n\n  echo $i\ndone\n#1700000002\ncat <<E\n#! x\nE\n\n'
    expect(brief(await read('bash', file))).toEqual([
      ['ls', 1_700_000_000],
      ['for i in 1 2\ndo\n\n  echo $i\ndone', 1_700_000_001],
      ['cat <<E\n#! x\nE', 1_700_000_002],
    ])
  })

  test('times that were switched on later: what stands before has none', async () => {
    expect(brief(await read('bash', 'one\ntwo\n#1700000000\nthree\n'))).toEqual([
      ['one', null],
      ['two', null],
      ['three', 1_700_000_000],
    ])
  })

  test('times that were switched off: many lines behind one are commands of their own', async () => {
    const lines = Array.from({ length: 400 }, (_, i) => `echo ${i}`)
    const items = brief(await read('bash', `#1700000000\n${lines.join('\n')}\n#1700000009\nlast\n`))
    expect(items).toEqual([
      ['echo 0', 1_700_000_000],
      ...lines.slice(1).map((line) => [line, null]),
      ['last', 1_700_000_009],
    ])
  })

  test('a note that begins like a time, a time without a command, a time of no clock', async () => {
    expect(brief(await read('bash', '#1 fix this\n#1700000000\n#1700000001\nls\n#0\npwd\n'))).toEqual([
      ['#1 fix this', null],
      ['ls', 1_700_000_001],
      '5: is not a possible time',
      ['pwd', null],
    ])
  })

  test('lines of Windows, and a carriage return of a command', async () => {
    expect(brief(await read('bash', '#1700000000\r\nls\r\n'))).toEqual([['ls', 1_700_000_000]])
    expect(brief(await read('bash', "#1700000000\nprintf 'a\r\n"))).toEqual([["printf 'a\r", 1_700_000_000]])
  })
})

describe('zsh', () => {
  test('plain and extended, of several lines', async () => {
    const file = 'ls\n: 1700000000:12;make \\\nall\n\\: > file\n:>x\n: 1700000009:0;sleep 1 & \n'
    expect(brief(await read('zsh', file))).toEqual([
      ['ls', null],
      ['make \nall', 1_700_000_000],
      [': > file', null],
      [':>x', null],
      ['sleep 1 & ', 1_700_000_009],
    ])
    const [, make, , , sleep] = await read('zsh', file)
    expect(make).toMatchObject({ line: 2, entry: { duration_us: 12_000_000 } })
    // 0 is what zsh writes before it knows.
    expect(sleep).toMatchObject({ entry: { duration_us: null } })
  })

  test('a backslash at the end of a command is not the beginning of the next', async () => {
    expect(brief(await read('zsh', ': 1700000000:0;echo a\\ \n: 1700000001:0;ls\n'))).toEqual([
      ['echo a\\', 1_700_000_000],
      ['ls', 1_700_000_001],
    ])
  })

  test('bytes that mean something inside zsh; those of another program as they are', async () => {
    // ム is e3 83 a0: each of the last two bytes is escaped.
    const file = Buffer.from(`${Buffer.from(': 1000000:0;echo ').toString('hex')}e383a383800a`, 'hex')
    expect(SHELL_WRITERS.zsh({ command: 'echo ム', start_us: 1e12, duration_us: null })).toEqual(file)
    expect(brief(await read('zsh', file))).toEqual([['echo ム', 1_000_000]])
    expect(brief(await read('zsh', ': 1700000000:0;echo ム Ã\n'))).toEqual([['echo ム Ã', 1_700_000_000]])
  })
})

describe('fish', () => {
  test('commands with their times, escapes, and paths that are not where it ran', async () => {
    const file =
      '- cmd: echo one\\ntwo \\\\n\n  when: 1700000000\n- cmd: vim a.txt\n  when: 1700000001\n  paths:\n    - a.txt\n- cmd: ls\n'
    expect(brief(await read('fish', file))).toEqual([
      ['echo one\ntwo \\n', 1_700_000_000],
      ['vim a.txt', 1_700_000_001],
      ['ls', null],
    ])
    for (const item of await read('fish', file)) expect(item).toMatchObject({ entry: { cwd: '?' } })
  })

  test('what belongs to no entry is named, and costs no other', async () => {
    const file = '- cmd: a\n  when: 1700000000\nrubbish\n  when: 1700000001\n- cmd: b\n  when: 1700000002\n'
    expect(brief(await read('fish', file))).toEqual([
      ['a', 1_700_000_000],
      '3: does not belong to any entry',
      '4: does not belong to any entry',
      ['b', 1_700_000_002],
    ])
  })

  test('what newer versions write beside the time', async () => {
    expect(brief(await read('fish', '- cmd: a\n  added_when: 1600000000\n  when: 1700000000\n'))).toEqual([
      ['a', 1_700_000_000],
    ])
  })
})

describe('all of them', () => {
  const WHOLE: Readonly<Record<ForeignShell, (command: string) => Buffer>> = {
    bash: (command) => Buffer.from(`#1700000000\n${command}\n`),
    zsh: (command) => Buffer.from(`: 1700000000:0;${command}\n`),
    fish: (command) => Buffer.from(`- cmd: ${command}\n  when: 1700000000\n`),
  }
  const each = Object.keys(WHOLE) as ForeignShell[]

  test.each(each)('%s: a last line that has not ended is left out, and named', async (shell) => {
    const file = Buffer.concat([WHOLE[shell]('whole'), WHOLE[shell]('half').subarray(0, -1)])
    const items = await read(shell, file)
    expect(brief(items.filter((item) => 'entry' in item))).toEqual([['whole', 1_700_000_000]])
    expect(items.filter((item) => 'problem' in item)).toEqual([
      { line: expect.any(Number), problem: expect.stringContaining('has no line end') },
    ])
  })

  test.each(each)('%s: a command that is too long is cut, marked, and costs no other', async (shell) => {
    for (const letter of ['x', 'é', '🦊']) {
      const long = letter.repeat(COMMAND_BYTES)
      const items = await read(shell, Buffer.concat([WHOLE[shell](long), WHOLE[shell]('next')]), 4096)
      const [first, second] = items as [Item, Item]
      expect(first).toMatchObject({ cut: letter !== 'x' })
      if (letter === 'x') continue
      const command = 'entry' in first ? first.entry.command : ''
      expect(Buffer.byteLength(command)).toBeLessThanOrEqual(COMMAND_BYTES + 16)
      expect(command).toMatch(/ …\[cut\]$/)
      expect(command).not.toContain('\ufffd')
      expect(second).toMatchObject({ entry: { command: 'next' }, cut: false })
    }
  })

  test.each(each)('%s: NUL bytes are left out, bytes that are no UTF-8 are replaced', async (shell) => {
    const file = Buffer.concat([
      WHOLE[shell]('a\0b'),
      Buffer.from(WHOLE[shell]('c?d').toString('latin1').replace('?', '\xff'), 'latin1'),
      WHOLE[shell]('\0\0\0'),
    ])
    const items = await read(shell, file)
    expect(brief(items.slice(0, 2))).toEqual([
      ['ab', 1_700_000_000],
      ['c\ufffdd', 1_700_000_000],
    ])
    expect(items.slice(2)).toEqual([{ line: expect.any(Number), problem: expect.any(String) }])
  })

  test.each(each)('%s: any bytes, in any pieces, are the same entries', async (shell) => {
    const part = fc.oneof(
      fc.uint8Array({ maxLength: 12 }),
      fc
        .constantFrom('\n', '\\\n', '#1700000000\n', ': 1:2;', '- cmd: ', '  when: 3\n', '\r\n', '\x83')
        .map((text) => Buffer.from(text, 'latin1')),
    )
    await forAllAsyncIn(
      { numRuns: 300 },
      fc.array(part, { maxLength: 24 }),
      fc.integer({ min: 1, max: 9 }),
      async (parts, length) => {
        const file = Buffer.concat(parts)
        const whole = await read(shell, file)
        expect(await read(shell, file, length)).toEqual(whole)
        for (const item of whole) {
          if (!('entry' in item)) continue
          expect(item.entry.command.isWellFormed()).toBe(true)
          expect(item.entry.command).not.toContain('\0')
        }
      },
    )
  })

  const text = fc
    .oneof(
      anyText({ maxLength: 30 }),
      fc.string({ unit: 'grapheme', maxLength: 30 }),
      fc
        .array(fc.constantFrom('\\', '\n', ' ', ':', '#', '1', 'a', ';', '\r', 'ム', 'Ã', '\\n'), {
          maxLength: 12,
        })
        .map((all) => all.join('')),
    )
    // No shell can be given a NUL; blanks alone are no command, and those at its ends are the shells' business.
    .map((command) => command.replaceAll('\0', '').trim())
    .filter((command) => command !== '' && command.isWellFormed())

  test.each(each)('%s: what is written is read', async (shell) => {
    // The one thing that bash cannot keep: a line that it would take for a time.
    const kept = shell === 'bash' ? text.filter((command) => !/^#\d/m.test(command)) : text
    const entry = fc.record({
      command: kept,
      seconds: fc.integer({ min: 1, max: 4_000_000_000 }),
      elapsed: fc.option(fc.integer({ min: 1, max: 100_000 })),
    })
    await forAllAsyncIn(
      { numRuns: 300 },
      fc.array(entry, { minLength: 1, maxLength: 6 }),
      async (entries) => {
        const file = Buffer.concat(
          entries.map(({ command, seconds, elapsed }) =>
            SHELL_WRITERS[shell]({
              command,
              start_us: seconds * 1_000_000 + 999_999,
              duration_us: elapsed === null ? null : elapsed * 1_000_000,
            }),
          ),
        )
        const items = await read(shell, file, 7)
        expect(brief(items)).toEqual(entries.map(({ command, seconds }) => [command, seconds]))
        if (shell !== 'zsh') return
        const times = items.map((item) => 'entry' in item && item.entry.duration_us)
        // A time that is as large as the moment itself zsh takes for the moment of its end.
        const exact = entries.every(({ seconds, elapsed }) => (elapsed ?? 0) < seconds)
        if (exact) expect(times).toEqual(entries.map(({ elapsed }) => elapsed && elapsed * 1_000_000))
      },
    )
  })

  test('bash: what it would take for a time gets a blank in front', async () => {
    const file = SHELL_WRITERS.bash({ command: '#1 a\n#2 b', start_us: 1e12, duration_us: null })
    expect(brief(await read('bash', file))).toEqual([[' #1 a\n #2 b', 1_000_000]])
  })
})
