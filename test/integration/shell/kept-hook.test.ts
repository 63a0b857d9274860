// The hook as a file in the node's directory: shells read it while nothing changed, and have it made anew when something did.
import { spawnSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { temporaryDirectory } from '../../support/data/database.ts'
import { KARO, runHere } from '../../support/node/in-process.ts'
import { cleanEnv, temporaryHome } from '../../support/node/node.ts'

const MARK = {
  bash: 'export MARK=kept',
  zsh: 'export MARK=kept',
  fish: 'set -gx MARK kept',
  sh: 'export MARK=kept',
}
const PROGRAM = { bash: 'bash', zsh: 'zsh', fish: 'fish', sh: 'dash' }
/** What says that the hook is at work in this shell. */
const RECORDS = {
  bash: 'test -n "$__karo_id"',
  zsh: 'test -n "$__karo[id]"',
  fish: 'set -q __karo_spool; or functions -q __karo_prompt; or functions --all | grep -q __karo',
  sh: 'test -n "${__karo_id-$PS1}"',
}
type Shell = keyof typeof PROGRAM

let initialised = ''
beforeAll(async () => {
  initialised = temporaryHome()
  expect((await runHere(['init'], cleanEnv(initialised), '')).code).toBe(0)
})

/** A home with a key, and the hook in the start file of one shell. */
async function person(shell: Shell) {
  const HOME = temporaryDirectory()
  const env: Record<string, string | undefined> = {
    ...cleanEnv(HOME),
    HOME,
    TERM: 'dumb',
    KARO_HOME: undefined,
    ENV: join(HOME, '.shrc'),
  }
  for (const name of ['XDG_CONFIG_HOME', 'ZDOTDIR', 'XDG_RUNTIME_DIR']) env[name] = undefined
  const karo = (...words: string[]) => runHere(words, env, '')
  mkdirSync(join(HOME, '.local/share/fish/generated_completions'), { recursive: true })
  cpSync(initialised, join(HOME, '.local/share/karo'), { recursive: true })
  expect(await karo('shell', 'install', shell)).toMatchObject({ code: 0 })
  const kept = join(HOME, '.local/share/karo/shells', shell)
  return {
    home: join(HOME, '.local/share/karo'),
    kept,
    uninstall: () => karo('shell', 'uninstall', shell),
    /** What a new shell says of itself: whether it records, and whether it read the marked file; or what it complains of. */
    start(more: Record<string, string> = {}, stream: 'out' | 'err' = 'out') {
      const line = `${RECORDS[shell]} && echo "records $MARK."`.replace(
        '&&',
        shell === 'fish' ? '; and' : '&&',
      )
      const { stdout, stderr } = spawnSync(PROGRAM[shell], ['-ic', line], {
        env: { ...env, ...more },
        encoding: 'utf8',
        input: '',
      })
      return (stream === 'out' ? stdout : stderr).trim()
    },
    /** Changes the kept file so that a shell which reads it can be told from one that does not. */
    mark() {
      const { mtimeMs } = statSync(kept)
      appendFileSync(kept, `\n${MARK[shell]}\n`)
      utimesSync(kept, mtimeMs / 1000, mtimeMs / 1000)
    },
  }
}

describe.each(Object.keys(PROGRAM) as Shell[])('%s', (shell) => {
  test('the first shell keeps the hook, private, and the next ones read it', async () => {
    const { kept, start, mark, home } = await person(shell)
    expect(start()).toBe('records .')
    expect(statSync(kept).mode & 0o777).toBe(0o600)
    expect(statSync(dirname(kept)).mode & 0o777).toBe(0o700)
    mark()
    expect(start()).toBe('records kept.')
    writeFileSync(join(home, 'config.toml'), '[history]\nignore = ["pass *"]\n', { mode: 0o600 })
    expect(start()).toBe('records .')
    expect(readFileSync(kept, 'utf8')).toMatch(/pass[\\ ]/)
    mark()
    expect(start()).toBe('records kept.')
  })

  test('rules that come later, a key in the environment, another home: none of them gets the kept hook', async () => {
    const { start, mark, home, kept } = await person(shell)
    start()
    mark()
    expect(start({ KARO_HISTORY_IGNORE: 'x' })).toBe('records .')
    expect(start({ KARO_HOME: temporaryDirectory() })).toBe('records .')
    // Those shells kept nothing in its place.
    expect(start()).toBe('records kept.')
    writeFileSync(join(home, 'guard.toml'), '', { mode: 0o600 })
    expect(start()).toBe('records .')
    expect(readFileSync(kept, 'utf8')).not.toContain('MARK=kept')
  })

  test('a configuration that is removed again, and a program that is gone', async () => {
    const { start, mark, home, kept, uninstall } = await person(shell)
    writeFileSync(join(home, 'config.toml'), '[history]\nignore = ["zebra *"]\n', { mode: 0o600 })
    expect(start()).toBe('records .')
    expect(readFileSync(kept, 'utf8')).toContain('zebra')
    mark()
    expect(start()).toBe('records kept.')
    rmSync(join(home, 'config.toml'))
    expect(start()).toBe('records .')
    expect(readFileSync(kept, 'utf8')).not.toContain('zebra')
    // As after the package was removed: neither a hook, nor a word about it.
    const text = readFileSync(kept, 'utf8').replaceAll(KARO, join(home, 'gone.js'))
    writeFileSync(kept, text, { mode: 0o600 })
    expect(text).toContain('gone.js')
    expect(start({}, 'err')).not.toMatch(/karo|gone/i)
    expect((await uninstall()).code).toBe(0)
    expect(existsSync(dirname(kept))).toBe(false)
  })

  test('a configuration that is wrong keeps nothing', async () => {
    const { start, home, kept } = await person(shell)
    writeFileSync(join(home, 'config.toml'), '[guard]\nprofile = 1\n', { mode: 0o600 })
    start()
    expect(existsSync(kept)).toBe(false)
  })
})

test.runIf(process.geteuid?.() === 0)('a file that belongs to somebody else is not read', async () => {
  const { start, mark, kept } = await person('bash')
  start()
  mark()
  chmodSync(kept, 0o644)
  spawnSync('chown', ['65534', kept])
  expect(start()).toBe('records .')
})
