// Histories are looked for where their programs keep them, and a file of another kind is told by its beginning.
import { describe, expect, test } from 'vitest'
import { SOURCES } from '../../../../src/observe/imports/entry.ts'
import { LOOKS, type Looks, looksOf, TAKES } from '../../../../src/observe/imports/looks.ts'
import { placesOf, type Surroundings } from '../../../../src/observe/imports/places.ts'
import { createTimeline } from '../../../../src/observe/imports/timeline.ts'

const around = (
  env: Surroundings['env'] = {},
  files: Readonly<Record<string, string>> = {},
): Surroundings => ({
  env,
  home: '/home/ann',
  read: (path) => files[path],
})

describe('places', () => {
  test('the usual ones', () => {
    expect(placesOf('bash', around())).toEqual(['/home/ann/.bash_history'])
    expect(placesOf('zsh', around())).toEqual([
      '/home/ann/.zsh_history',
      '/home/ann/.histfile',
      '/home/ann/.zhistory',
    ])
    expect(placesOf('fish', around())).toEqual(['/home/ann/.local/share/fish/fish_history'])
    expect(placesOf('atuin', around())).toEqual(['/home/ann/.local/share/atuin/history.db'])
  })

  test('HISTFILE goes to the shell that it is of', () => {
    expect(placesOf('bash', around({ HISTFILE: '/x/history' }))[0]).toBe('/x/history')
    expect(placesOf('zsh', around({ HISTFILE: '/x/history' }))[0]).toBe('/x/history')
    expect(placesOf('bash', around({ HISTFILE: '/x/.zsh_history' }))[0]).toBe('/home/ann/.bash_history')
    expect(placesOf('zsh', around({ HISTFILE: '/x/.bash_history', ZDOTDIR: '/z' }))[0]).toBe(
      '/z/.zsh_history',
    )
    expect(placesOf('bash', around({ HISTFILE: 'relative' }))[0]).toBe('/home/ann/.bash_history')
  })

  test('sessions of fish, directories of XDG', () => {
    expect(placesOf('fish', around({ fish_history: 'work', XDG_DATA_HOME: '/data' }))).toEqual([
      '/data/fish/work_history',
      '/data/fish/fish_history',
    ])
    for (const fish_history of ['', '../x', 'fish'])
      expect(placesOf('fish', around({ fish_history, XDG_DATA_HOME: 'relative' }))).toEqual([
        '/home/ann/.local/share/fish/fish_history',
      ])
  })

  test("atuin's configuration, where it says another database", () => {
    const config = '/home/ann/.config/atuin/config.toml'
    const says = (text: string) => placesOf('atuin', around({}, { [config]: text }))[0]
    expect(says('db_path = "/big/history.db"\n')).toBe('/big/history.db')
    expect(says("  db_path='~/history.db' # mine\n")).toBe('/home/ann/history.db')
    for (const text of ['# db_path = "/a"\n', '[kv]\ndb_path = "/kv.db"\n', 'db_path = "relative"\n', ''])
      expect(says(text)).toBe('/home/ann/.local/share/atuin/history.db')
    expect(
      placesOf('atuin', around({ ATUIN_CONFIG_DIR: '/c' }, { '/c/config.toml': 'db_path = "/d"' }))[0],
    ).toBe('/d')
    expect(placesOf('atuin', around({ ATUIN_DB_PATH: '/env.db' }))[0]).toBe('/env.db')
  })
})

describe('looks', () => {
  const FILES: Readonly<Record<Exclude<Looks, 'atuin'>, string>> = {
    empty: '',
    lines: 'ls\ncd /tmp\n',
    bash: 'ls\n#1700000000\ncd /tmp\n',
    zsh: 'ls\n: 1700000000:0;ls\n',
    fish: '- cmd: ls\n  when: 1700000000\n',
    'old-fish': '# 1339519901\nls\n',
    karo: '{"karo_export":1}\n',
    sqlite: 'SQLite format 3\0rest',
    gzip: '\x1f\x8b\x08rest',
    binary: '\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0',
  }
  test.each(Object.entries(FILES))('%s', (looks, content) => {
    expect(looksOf(Buffer.from(content, 'latin1'))).toBe(looks)
    expect(LOOKS[looks as Looks]).not.toBe('')
  })

  test('chance bytes are no text; a history that a power cut tore is', () => {
    const chance = Buffer.from(Array.from({ length: 4_096 }, (_, i) => (i * 2_654_435_761) >>> 24))
    expect(looksOf(chance)).toBe('binary')
    expect(looksOf(Buffer.from(`${'ls -l\n'.repeat(2_000)}${'\0'.repeat(3_000)}`))).toBe('lines')
    expect(looksOf(Buffer.from('echo \x01\x02\nls\nmake all the things that there are to make\n'))).toBe(
      'lines',
    )
  })

  test('no shell takes what is another one’s, nor what is no text', () => {
    for (const source of SOURCES)
      for (const looks of ['karo', 'gzip', 'binary', 'old-fish'] as const)
        expect(TAKES[source]).not.toContain(looks)
    expect(TAKES.bash).not.toContain('zsh')
    expect(TAKES.zsh).not.toContain('bash')
  })
})

describe('timeline', () => {
  const S = 1_000_000
  const entry = (command: string, start_us: number | null) => ({
    command,
    start_us,
    duration_us: null,
    exit_code: null,
    cwd: '?',
    shell: 'bash',
    karo_generated: false,
  })

  test('without times: a second apart, up to when the file was written, numbered by text', () => {
    const place = createTimeline({ untimed: 3, first_us: null }, 100 * S)
    expect(['a', 'b', 'a'].map((command) => place(entry(command, null)))).toEqual([
      { start_us: 97 * S, untimed: true, nth: 1 },
      { start_us: 98 * S, untimed: true, nth: 1 },
      { start_us: 99 * S, untimed: true, nth: 2 },
    ])
  })

  test('before the first known time, and behind the one before it; of one second in their order', () => {
    const place = createTimeline({ untimed: 2, first_us: 50 * S }, 100 * S)
    const times = [null, null, 50 * S, 50 * S, null, 60 * S, 50 * S].map((time, i) =>
      place(entry(`${i}`, time)),
    )
    expect(times.map(({ start_us }) => start_us)).toEqual([
      ...[48 * S, 49 * S, 50 * S, 50 * S + 1, 50 * S + 1_001, 60 * S, 50 * S],
    ])
    expect(times.map(({ untimed }) => untimed)).toEqual([true, true, false, false, true, false, false])
  })
})
