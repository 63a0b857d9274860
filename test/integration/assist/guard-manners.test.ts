// What a person sees and keeps at the guard's question, in real shells: exceptions by "a", pastes, definitions, suggestions.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { describe, expect, test } from 'vitest'
import { screenOf } from '../../../scripts/pictures/screen.ts'
import { temporaryDirectory } from '../../support/data/database.ts'
import { until } from '../../support/run/until.ts'
import { type GuardedShell, startGuarded } from '../../support/shell/guarded-shell.ts'

/** Types the line, "a" and the key of a choice, which the guard offers by these words. */
async function allow(shell: GuardedShell, line: string, key: string, words: string): Promise<void> {
  const from = shell.screen().length
  const shows = (text: string) =>
    until(() => shell.screen().slice(from).includes(text), { what: `${text} about ${line}` })
  const notes = shell.notes().length
  shell.keys(`${line}\r`)
  await shows('allow from now on')
  await shows('[n] ')
  shell.keys('a')
  await shows('Allow exactly this line')
  await shows(words)
  shell.keys(key)
  await shows('takes it back')
  await until(() => shell.notes().length > notes, { what: `a note about ${line}` })
}

describe.each(['bash', 'zsh', 'fish'] as const)('%s', (program) => {
  test('"a" allows exactly this line, here or everywhere, in this shell or always', async () => {
    const shell = await startGuarded({ program })
    const line = (name: string) => `git push --force ${name}`
    await allow(shell, line('here-now'), '1', 'in this directory, until this shell ends')
    await allow(shell, line('always'), '4', 'everywhere, always')
    for (const name of ['here-now', 'always']) await shell.run(line(name))
    await until(() => shell.ran().length === 4, { what: 'four that ran' })
    // What the shells tell of where they are and who they are is above; one program keeps the exceptions of all of them.
    if (program !== 'bash') return
    await allow(shell, line('here-always'), '2', 'in this directory, always')
    await allow(shell, line('now'), '3', 'everywhere, until this shell ends')
    for (const name of ['here-always', 'now']) await shell.run(line(name))
    // Another line is another one.
    await shell.noted(line('always --tags'), 'n')
    await shell.run('cd /')
    for (const name of ['now', 'always']) await shell.run(line(name))
    for (const name of ['here-now', 'here-always']) await shell.noted(line(name), 'n')
    // The file is the home's, so another shell has what is for always.
    const second = await startGuarded({
      program,
      rules: readFileSync(join(shell.home, 'guard.toml'), 'utf8'),
    })
    await second.run(line('always'))
    for (const name of ['here-always', 'here-now', 'now']) await second.noted(line(name), 'n')
    expect(second.ran()).toEqual([line('always')])
    expect(shell.notes().filter((note) => note.startsWith('confirmed')).length).toBe(4)
    expect(shell.ran().length).toBe(10)
  })

  test('"a" is no answer for the catastrophic core', async () => {
    const shell = await startGuarded({ program, config: '[guard]\nprofile = "permissive"\n' })
    const asked = () => shell.screen().split('Run it?').length - 1
    shell.keys('rm -rf ~\r')
    await until(() => asked() === 1, { what: 'a question' })
    shell.keys('a')
    // Two keys that arrive as one are no answer, so this is typed until it is heard: it shows the question again.
    await until(
      () => {
        shell.keys('?')
        return asked() > 1
      },
      { what: 'the question again', pollMs: 200 },
    )
    await until(
      () => {
        shell.keys('n')
        return shell.notes().length > 0
      },
      { what: 'a note', pollMs: 200 },
    )
    expect(shell.notes()).toEqual(['declined critical'])
    expect(shell.screen()).not.toContain('allow from now on')
    expect(shell.screen()).not.toContain('Allow exactly this line')
    expect(shell.ran()).toEqual([])
  })

  test('a definition of an alias is no use of it, and its use is asked about', async () => {
    const shell = await startGuarded({ program })
    await shell.run("alias gp='git push --force'")
    expect(shell.notes()).toEqual([])
    await shell.noted('gp origin', 'n')
    expect(shell.notes()).toEqual(['declined high'])
    expect(shell.ran()).toEqual([])
  })
})

test.each(['bash', 'zsh'] as const)(
  '%s does what is answered, whatever IFS splits words at',
  async (program) => {
    // Without a judge in a daemon, so that the answers are those of the program.
    const shell = await startGuarded({ program, before: 'IFS=:' })
    await shell.noted('git push --force declined', 'n')
    await shell.noted('git push --force confirmed', 'y')
    await until(() => shell.ran().length > 0, { what: 'the line that was confirmed' })
    expect(shell.notes()).toEqual(['declined high', 'confirmed high'])
    expect(shell.ran()).toEqual(['git push --force confirmed'])
  },
)

test('bash shows all lines of a paste before one of them runs', async () => {
  const shell = await startGuarded({ program: 'bash', env: { TERM: 'xterm' } })
  const lines = ['make first', 'git push --force second', 'make third']
  const paste = async (key: string) => {
    const from = shell.screen().length
    shell.keys(`\u001b[200~${lines.join('\n')}\u001b[201~`)
    await until(() => shell.screen().slice(from).includes('third'), { what: 'the paste' })
    await shell.noted('', key)
    const shown = stripVTControlCharacters(shell.screen().slice(from)).replaceAll('\r', '')
    expect(shown.slice(shown.indexOf('karo: high'), shown.lastIndexOf('Run it?'))).toContain(
      lines.map((line) => `  | ${line}\n`).join(''),
    )
  }
  await paste('n')
  expect(shell.ran()).toEqual([])
  await paste('y')
  await until(() => shell.ran().length === 3, { what: 'all three' })
  expect(shell.ran()).toEqual(lines)
})

test.each(['quick', 'slow'])(
  'zsh leaves the question of a %s judge as it is when a pasted line is refused',
  async (judge) => {
    const shell = await startGuarded({ program: 'zsh', marked: true, env: { TERM: 'xterm' } })
    if (judge === 'slow') await shell.run('__karo_given[silent]=0.01; __karo_given[silent_late]=0.01')
    shell.keys('\u001b[200~git push --force second\u001b[201~')
    await until(() => shell.screen().includes('second'), { what: 'the paste' })
    await shell.noted('', 'n')
    await shell.run('true')
    const shown = stripVTControlCharacters(shell.screen())
    expect(shown.slice(shown.lastIndexOf('Run it?'))).not.toContain('second')
  },
)

test.each(['', 'set -euC\n'])(
  'bash that reads lines from a pipe says of each line that does not run why (%j)',
  async (before) => {
    const { rc, directory, home, ran } = await startGuarded({ program: 'bash' })
    const { stdout, stderr } = spawnSync('setsid', ['--wait', 'bash', '--rcfile', rc, '-i'], {
      input: `${before}echo first\ngit push --force second\nrm -rf /\necho last\n`,
      env: {
        HOME: directory,
        KARO_HOME: home,
        PATH: `${join(directory, 'bin')}:${process.env.PATH}`,
        TERM: 'dumb',
        LC_ALL: 'C.UTF-8',
      },
      encoding: 'utf8',
    })
    expect(stdout).toBe('first\nlast\n')
    expect(ran()).toEqual([])
    const says = [
      'git-force-push: Overwrites the history that others share with you.',
      'It does not run: there is no terminal to ask at.\n',
      'rm-root: Deletes every file on the machine.\n  It does not run.\n',
    ]
    for (const words of says) expect(stderr, stderr).toContain(words)
  },
)

test('fish leaves nothing of its suggestion behind the line that is asked about', async () => {
  const directory = temporaryDirectory()
  const history = join(directory, '.local/share/fish')
  mkdirSync(history, { recursive: true })
  writeFileSync(
    join(history, 'fish_history'),
    `${['git push --force', "true 'push'"].map((cmd) => `- cmd: ${cmd} suggested\n  when: 1700000000\n`).join('')}`,
  )
  const shell = await startGuarded({ program: 'fish', marked: true, directory, env: { TERM: 'xterm' } })
  shell.keys('git push --force s')
  await until(() => stripVTControlCharacters(shell.screen()).includes('uggested'), { what: 'a suggestion' })
  await shell.noted('', 'n')
  // Entered before fish has its suggestion, which comes while the line is judged.
  await shell.run("true 'push'")
  const shown = (): string =>
    screenOf(shell.screen(), 200, 50)
      .map((row) => Array.from(row, (cell) => cell?.char ?? ' ').join(''))
      .join('\n')
  // What ran is recorded before all that was drawn has been read here.
  await until(() => shown().includes("true 'push'") && !shown().includes('uggested'), {
    what: `the line alone on the screen:\n${shown()}`,
  })
  expect(shown()).toContain('git push --force s')
})

test('bash hands no line that was refused to what it starts, also where it exports all that it sets', async () => {
  const shell = await startGuarded({ program: 'bash' })
  await shell.run('set -a')
  await shell.noted('git push -f private', 'n')
  const from = shell.screen().length
  await shell.run('if declare -p __karo_gone | grep -q "^declare -a"; then echo none; else echo some; fi')
  await until(() => /^(?:some|none)\r?$/m.test(shell.screen().slice(from)), { what: 'what is exported' })
  expect(shell.screen().slice(from)).toMatch(/^none\r?$/m)
})
