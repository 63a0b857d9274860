// What is built into the hook: text quoted so that no name or glob becomes code, one dialect of globs everywhere.
import { execFileSync, spawnSync } from 'node:child_process'
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { PLAIN_LINES, ruledTools } from '../../../src/assist/risk/ruled-tools.ts'
import { globMatcher, quoteShell, toPattern, toShellPattern } from '../../../src/base/quote.ts'
import { ASKERS } from '../../../src/observe/hooks/asker/asker.ts'
import { FINDERS, type FinderShell } from '../../../src/observe/hooks/finder/finder.ts'
import { GUARDS } from '../../../src/observe/hooks/guard/guards.ts'
import type { Shell } from '../../../src/observe/hooks/hook.ts'
import { HOOKS } from '../../../src/observe/hooks/index.ts'
import { NAMED } from '../../../src/observe/hooks/name.ts'
import { temporaryDirectory } from '../../support/data/database.ts'
import fc from '../../support/run/properties.ts'

const ROOM = join(import.meta.dirname, '../../../src/observe/hooks')
const bash = (script: string): string => execFileSync('bash', ['-c', script], { encoding: 'utf8' })
const isThere = (program: string): boolean => spawnSync(program, ['-c', ':']).status === 0
const word = fc.string({ unit: 'grapheme-ascii', maxLength: 12 })
const glob = fc
  .array(
    fc.constantFrom(
      '*',
      '?',
      '[',
      ']',
      '!',
      '\\',
      "'",
      '"',
      '$(id)',
      '`',
      ';',
      '|',
      ')',
      ' ',
      'a',
      'b',
      '\n',
      '-',
      '/',
      '.',
    ),
    {
      maxLength: 8,
    },
  )
  .map((parts) => parts.join(''))
const line = fc
  .array(fc.constantFrom('a', 'b', ' ', '*', '[', ']', '\\', "'", '$(id)', '\n', '/', '.'), { maxLength: 8 })
  .map((parts) => parts.join(''))

test('quoted text is one word of exactly that text', () => {
  const words = fc.sample(word, { numRuns: 200, seed: 1 })
  const out = bash(`printf '%s\\0' ${words.map(quoteShell).join(' ')}`)
  expect(out.split('\0').slice(0, -1)).toEqual(words)
})

describe.each([
  ['bash', 'bash'],
  ['zsh', 'zsh'],
  ['fish', 'fish'],
  ['sh', 'dash'],
] as const)('%s', (shell, program) => {
  const WORDS = ['/usr/bin/printf', '<%s>', "it's"]
  const run = (before: string) =>
    execFileSync(program, ['-c', `${before}\n${NAMED[shell](WORDS)}\nkaro a 'b  c' '*'`], {
      encoding: 'utf8',
      env: { PATH: '/usr/bin:/bin', HOME: temporaryDirectory() },
    })

  test.runIf(isThere(program))(
    'has the name of the program where the PATH has none, with every word as it is',
    () => {
      expect(run('')).toBe("<it's><a><b  c><*>")
    },
  )

  test.runIf(isThere(program))('keeps a function that has the name', () => {
    const own = shell === 'fish' ? 'function karo; echo mine; end' : 'karo() { echo mine; }'
    expect(run(own)).toBe('mine\n')
  })
})

test('hook and daemon agree on every glob', () => {
  const pairs = fc.sample(fc.tuple(glob, line), { numRuns: 400, seed: 2 })
  const fixed: [string, string][] = [
    ['pass *', 'pass show x'],
    ['*--password*', 'x --password y'],
    ['a?c', 'abc'],
    ['a?c', 'a\nc'],
    ['\\*', '*'],
    ['\\*', 'x'],
    ['', ''],
    ['*', ''],
    ['a[b]', 'ab'],
    ['a[b]', 'a[b]'],
  ]
  const all = [...fixed, ...pairs]
  const script = all
    .map(([g, l]) => `case ${quoteShell(l)} in ${toShellPattern(g)}) printf y ;; *) printf n ;; esac`)
    .join('\n')
  const matched = [...bash(script)].map((c) => c === 'y')
  expect(matched).toEqual(all.map(([g, l]) => globMatcher(g)(l)))
  const inVariable = (word: string): string =>
    all
      .map(
        ([g, l]) =>
          `p=${quoteShell(toPattern(g))}; [[ ${quoteShell(l)} == ${word} ]] && printf y || printf n`,
      )
      .join('\n')
  expect([...bash(inVariable('@(none|$p)'))].map((c) => c === 'y')).toEqual(matched)
  if (spawnSync('zsh', ['-c', 'true']).status === 0) {
    const found = execFileSync('zsh', ['-f', '-c', inVariable('(none|${~p})')], { encoding: 'utf8' })
    expect([...found].map((c) => c === 'y')).toEqual(matched)
  }
  for (const [program, ...args] of [['dash'], ['zsh', '-f']] as const) {
    if (spawnSync(program, ['-c', 'true']).status !== 0) continue
    const found = execFileSync(program, [...args, '-c', script], { encoding: 'utf8' })
    expect([...found].map((c) => c === 'y')).toEqual(matched)
  }
  expect(matched.slice(0, fixed.length)).toEqual([
    true,
    true,
    true,
    true,
    true,
    false,
    true,
    true,
    false,
    true,
  ])
})

test('a glob of many stars over a long line takes no longer than reading both', () => {
  // A matcher that tries every way to divide the text needs more steps than there are nanoseconds in a century.
  expect(globMatcher(`${'*a'.repeat(24)}*b`)('a'.repeat(4000))).toBe(false)
  expect(globMatcher(`${'*a'.repeat(24)}*b`)(`${'a'.repeat(4000)}b`)).toBe(true)
})

test('? is one character, also one that takes two units', () => {
  expect(globMatcher('a?c')('a\u{1f600}c')).toBe(true)
  expect(globMatcher('\u{1f600}?')('\u{1f600}')).toBe(false)
})

/** Reads a file as the shell does, and runs nothing of it. */
const CHECKS: Readonly<Record<Shell, readonly string[]>> = {
  bash: ['bash', '-n'],
  zsh: ['zsh', '-fn'],
  fish: ['fish', '--no-config', '-n'],
  sh: ['dash', '-n'],
}

describe.each(Object.entries(CHECKS) as [Shell, string[]][])('%s', (shell, [program, ...args]) => {
  const installed = spawnSync(program!, ['-c', 'true']).status === 0
  /** By one process that starts the shell for each: to start so many from here costs more than what they do. */
  const areSound = (texts: readonly string[]): void => {
    const directory = temporaryDirectory()
    for (const [i, text] of texts.entries()) writeFileSync(join(directory, `${i}`), text)
    execFileSync(
      'sh',
      ['-c', 'for file in "$directory"/*; do "$@" "$file" || exit; done', 'sh', program!, ...args],
      { env: { ...process.env, directory } },
    )
  }

  test.skipIf(!installed)('each shell file is sound by itself', () => {
    const files = globSync(join(ROOM, `**/*.${shell}`))
    expect(files.length).toBe({ bash: 5, zsh: 4, fish: 5, sh: 1 }[shell])
    const texts = files.map((file) => readFileSync(file, 'utf8'))
    areSound(texts)
  })

  // sh has neither.
  if (shell !== 'sh')
    test.skipIf(!installed)('guard, finder and asker are sound for any words, files and lists', () => {
      const all = fc.sample(fc.array(word, { minLength: 1, maxLength: 3 }), { numRuns: 10, seed: 4 })
      const ruled = ruledTools()
      const parts = all.flatMap((words) => {
        const guard = GUARDS[shell as FinderShell]({
          ask: words,
          files: words,
          machineFile: words[0]!,
          resident: words[0]!,
          ruled,
          plain: PLAIN_LINES,
          timeoutMs: 500,
          onError: 'block',
        })
        const finder = FINDERS[shell as FinderShell]({ find: words, keys: ['ctrl-r', 'up'] })
        return [guard, finder, ASKERS[shell as FinderShell]({ ask: words, fix: words })]
      })
      areSound(parts)
    })

  test.skipIf(!installed)('the hook is sound for any directory and any globs', () => {
    const all = fc.sample(fc.tuple(word, fc.array(glob, { maxLength: 3 })), { numRuns: 30, seed: 3 })
    areSound(all.map(([directory, ignore]) => HOOKS[shell]({ spoolDirectory: `/${directory}`, ignore })))
  })

  test.skipIf(!installed)('a directory and globs that look like code are only text', () => {
    const spoolDirectory = "/$(echo run >&2)`echo run >&2`'; echo run; '"
    const ignore = ["'$(echo run >&2)*", '\\`echo run`', ') ;; esac; echo run']
    const hook = HOOKS[shell]({ spoolDirectory, ignore })
    // Interactive, because the hook does nothing in another.
    const { stdout, stderr } = spawnSync(program!, ['-i', '-c', hook], { encoding: 'utf8' })
    expect(stdout).toBe('')
    expect(stderr).not.toContain('run')
  })
})
