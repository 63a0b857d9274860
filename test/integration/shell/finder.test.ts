// Ctrl-R in real shells at real terminals: what is chosen comes to the line, and whatever happens the shell goes on.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { screenOf } from '../../../scripts/pictures/screen.ts'
import type { EventShape } from '../../../src/api/contract/shapes.ts'
import { temporaryDirectory } from '../../support/data/database.ts'
import { append, deadName, record, type Spooled } from '../../support/data/spool.ts'
import { startNode, type TestNode } from '../../support/node/node.ts'
import { until } from '../../support/run/until.ts'
import { openFinderShell } from '../../support/shell/finder-shell.ts'
import { nextSecond } from '../../support/shell/hooked-shell.ts'

const SHELLS = (['bash', 'zsh', 'fish'] as const).filter((shell) => {
  try {
    execFileSync(shell, ['-c', 'true'])
    return true
  } catch {
    return false
  }
})
/** How the shell's own begins. */
const OWN_SEARCH = { bash: 'reverse-i-search', zsh: 'bck-i-search', fish: 'search: ' } as const
const CTRL_R = '\x12'
const ESC = '\x1b'
/** Out of it. Fish throws away what is typed right behind. */
const LEAVE_SEARCH = { bash: '\x07', zsh: '\x07', fish: '\x03' } as const

let node: TestNode
let made = 0
/** As if a shell that is gone had run them, lately; resolves when they are stored. */
async function past(...commands: readonly (string | Spooled)[]): Promise<void> {
  const start = (Date.now() - 3_600_000) * 1000 + made * 1000
  const bytes = commands.map((command, i) =>
    record({
      sequence: i + 1,
      start: start + i * 1000,
      cwd: '/srv',
      ...(typeof command === 'string' ? { command } : command),
    }),
  )
  append(join(node.home, 'spool'), deadName(++made), Buffer.concat(bytes))
  // Not a number of events: shells of tests before may be heard of still.
  await until(async () => (await node.status()).spool.pending_bytes === 0, { what: 'the past' })
}
const history = async (...words: string[]): Promise<readonly EventShape[]> =>
  (await node.json<{ events: EventShape[] }>(['history', ...words])).events

beforeAll(async () => {
  node = await startNode()
  await past('echo from-the-past', 'ls /nonexistent-past', 'printf "one\ntwo-of-past"')
})

describe.each(SHELLS)('%s', (shell) => {
  test('Enter brings the command to the line, where it is edited and run; it does not run by itself', async () => {
    await past(`echo chosen-${shell}`)
    const at = await openFinderShell(shell, { node })
    at.keys(CTRL_R)
    await at.finds('echo from-the-past')
    at.keys(`chosen-${shell}`)
    await at.finds('1 command')
    const left = at.left()
    at.keys('\r')
    await left
    const ran = at.printed(new RegExp(`[\r\n]chosen-${shell}-edited\r?\n`))
    at.keys('-edited\r')
    await ran
    // It did not run before it was edited.
    await until(async () => (await history(`chosen-${shell}`)).length === 2, { what: 'the edited command' })
    expect((await history(`chosen-${shell}`)).map(({ command }) => command)).toEqual([
      `echo chosen-${shell}-edited`,
      `echo chosen-${shell}`,
    ])
  })

  test('Esc leaves the line as it was; what the runtime warns of is no part of that, nor of the choice', async () => {
    const warns = join(temporaryDirectory(), 'warns.cjs')
    writeFileSync(warns, "process.emitWarning('by-the-runtime')\n")
    const at = await openFinderShell(shell, { node, env: { NODE_OPTIONS: `--require=${warns}` } })
    at.keys('echo left-alone')
    await until(() => at.output().includes('alone'), { what: 'the line' })
    at.keys(CTRL_R)
    // What is typed is the question.
    expect((await at.finds('> echo left-alone'))[1]).toBe('> echo left-alone')
    expect(at.output()).toContain('by-the-runtime')
    const left = at.left()
    at.keys(ESC)
    await left
    // With its prompt: a Ctrl-R that comes earlier is the terminal's own (it reprints the line), and no shell sees it.
    const same = at.printed(/[\r\n]left-alone\r?\n[\s\S]*@> /)
    at.keys('\r')
    await same
    at.keys(`${CTRL_R}from-the-past`)
    await at.finds('1 command')
    const chosen = at.left()
    at.keys('\r')
    await chosen
    const ran = at.printed(/[\r\n]from-the-past\r?\n/)
    at.keys('\r')
    await ran
  })

  test('several lines come as they are', async () => {
    const at = await openFinderShell(shell, { node })
    at.keys(`${CTRL_R}two-of-past\r`)
    await until(() => at.output().includes('\x1b[?1049l'), { what: 'the choice' })
    const ran = at.printed(/[\r\n]one\r?\n\r?two-of-past/)
    at.keys('\r')
    await ran
  })

  test('ended by a signal it gives the terminal back, and the shell goes on with its own search', async () => {
    const at = await openFinderShell(shell, { node })
    at.keys(CTRL_R)
    await at.finds('from-the-past')
    const left = at.left()
    const own = at.printed(OWN_SEARCH[shell])
    process.kill(finderPid(at.directory), 'SIGTERM')
    expect(await left).toContain('\x1b[?1049l')
    expect(await own).toContain('ended by SIGTERM')
    const ended = at.printed(/./)
    at.keys(LEAVE_SEARCH[shell])
    await ended
    expect(await at.run('echo alive-again')).toContain('alive-again')
  })

  test('where Enter runs, it runs after the guard has judged; Tab only brings the command to the line', async () => {
    await past(`echo run-at-once-${shell}`)
    const rule = await node.karo(['guard', 'deny', `printf never-${shell}*`])
    expect(rule.code, rule.stderr).toBe(0)
    await past(`printf never-${shell}-%s yes`)
    const at = await openFinderShell(shell, { node, env: { KARO_FINDER_ENTER: 'run' } })
    at.keys(`${CTRL_R}run-at-once-${shell}`)
    expect((await at.finds('1 command')).at(-1)).toContain('Enter run  Tab edit')
    const ran = at.printed(new RegExp(`[\r\n]run-at-once-${shell}\r?\n[\\s\\S]*@> `))
    at.keys('\r')
    await ran
    at.keys(`${CTRL_R}never-${shell}`)
    await at.finds('1 command')
    // With its prompt: shells throw away what is typed while they refuse.
    const refused = at.printed(/karo[\s\S]*@> /i)
    at.keys('\r')
    await refused
    expect(await at.run('echo next')).not.toContain(`never-${shell}-yes`)
    // On the line it is judged like what is typed.
    at.keys(`${CTRL_R}never-${shell}`)
    await at.finds('1 command')
    const brought = at.left()
    at.keys('\t')
    await brought
    const again = at.printed(/karo[\s\S]*@> /i)
    at.keys('\r')
    await again
    expect(await at.run('echo next')).not.toContain(`never-${shell}-yes`)
    expect(at.output()).not.toContain(`never-${shell}-yes`)
    at.keys(`${CTRL_R}run-at-once-${shell}`)
    await at.finds('run-at-once')
    const left = at.left()
    at.keys('\t')
    await left
    const edited = at.printed(new RegExp(`[\r\n]run-at-once-${shell}-edited\r?\n`))
    at.keys('-edited\r')
    await edited
  })

  test('Up on request: what this shell ran, the newest next to the question', async () => {
    const at = await openFinderShell(shell, { node, flags: ['--up'] })
    await at.run(`echo first-up-${shell}`)
    await at.run(`echo second-up-${shell}`)
    await until(async () => (await history(`up-${shell}`)).length === 2, { what: 'both commands' })
    at.keys(`${ESC}[A`)
    await at.finds(`second-up-${shell}`)
    const lines = await at.finds('history: this session')
    const question = lines.findLastIndex((line) => line.startsWith('> '))
    expect(lines[question - 2]).toContain(`second-up-${shell}`)
    expect(lines.join('\n')).not.toContain('from-the-past')
    const left = at.left()
    at.keys(`${ESC}[A\r`)
    await left
    // With the mark that the line was typed with.
    const ran = at.printed(new RegExp(`[\\r\\n]first-up-${shell}\r?\n==mark1==[\\s\\S]*@> `))
    at.keys('\r')
    await ran
    expect(await at.run('echo alive-again')).toContain('alive-again')
    // What the guard dropped is behind Up, as it says.
    await nextSecond(shell)
    const asked = at.printed('[n] ')
    at.keys(`git push --force ${shell}-dropped\r`)
    await asked
    const dropped = at.printed('@> ')
    at.keys('n')
    await dropped
    const back = at.printed(`${shell}-dropped`)
    at.keys(`${ESC}[A`)
    await back
    // Ctrl-R was not asked for, so it is the shell's own still.
    const own = at.printed(OWN_SEARCH[shell])
    at.keys(CTRL_R)
    await own
  })

  test('some rows below the prompt: nothing above is lost, and the prompt is where it was', async () => {
    const at = await openFinderShell(shell, { node, env: { KARO_FINDER_HEIGHT: '9' } })
    const screen = (): string[] =>
      screenOf(at.output(), 80, 24).map((row) =>
        row
          .map((cell) => cell?.char ?? ' ')
          .join('')
          .trimEnd(),
      )
    for (const end of ['top', 'bottom']) {
      await at.run(end === 'top' ? 'echo above' : 'seq 40; echo above')
      at.keys(`echo kept-${end}`)
      await until(() => screen().at(-1)?.endsWith(`kept-${end}`), { what: 'the line' })
      const before = screen()
      at.keys(CTRL_R)
      await until(() => screen().some((line) => line.includes('Enter edit')), { what: 'the finder' })
      expect(screen()).toContain('above')
      at.keys('\x03')
      await until(() => screen().at(-1)?.endsWith(`kept-${end}`), {
        what: `the prompt again, not ${JSON.stringify(screen())}`,
      })
      expect(before.slice(-3)).toEqual(screen().slice(-3))
      expect(at.output()).not.toContain('\x1b[?1049h')
    }
  })
})

test('Ctrl-D deletes for good, after a question', async () => {
  await past('echo doomed here')
  const at = await openFinderShell('bash', { node })
  at.keys(`${CTRL_R}doomed`)
  await at.finds('1 command')
  at.keys('\x04')
  await at.finds('for good? y / n')
  at.keys('n')
  await until(() => !at.finder()!.some((line) => line.includes('for good?')), { what: 'that it is heard' })
  expect(await history('doomed')).toHaveLength(1)
  at.keys('\x04')
  await at.finds('for good? y / n')
  at.keys('y')
  await at.finds('Deleted: one use.')
  const left = at.left()
  at.keys(ESC)
  await left
  expect(await history('doomed')).toEqual([])
  for (const name of readdirSync(join(node.home, 'db')))
    expect(readFileSync(join(node.home, 'db', name)).includes('doomed')).toBe(false)
})

test('it fits a terminal that changes its size, down to almost nothing', async () => {
  const at = await openFinderShell('bash', { node })
  at.keys(CTRL_R)
  await at.finds('from-the-past')
  for (const [columns, rows] of [
    [30, 8],
    [20, 3],
    [120, 40],
  ] as const) {
    at.resize(columns, rows)
    await until(() => at.finder()!.length === rows, { what: `${rows} rows, not ${at.finder()!.length}` })
    for (const line of at.finder()!) expect(line.length).toBeLessThanOrEqual(columns)
  }
  const left = at.left()
  at.keys('\x03')
  await left
  expect(await at.run('echo alive-again')).toContain('alive-again')
})

test('in vi mode as well, from both of its keymaps', async () => {
  const at = await openFinderShell('bash', { node, before: 'set -o vi' })
  for (const keys of [CTRL_R, `${ESC}${CTRL_R}`]) {
    at.keys(keys)
    await at.finds('from-the-past')
    const left = at.left()
    at.keys('\x03')
    await left
  }
})

test('NO_COLOR has no colours, and a terminal that cannot be drawn on the shell’s own search', async () => {
  const plain = await openFinderShell('bash', { node, env: { NO_COLOR: '1' } })
  plain.keys(CTRL_R)
  await plain.finds('from-the-past')
  expect(plain.output().slice(plain.output().lastIndexOf('\x1b[?1049h'))).not.toMatch(/\x1b\[[1-9][0-9;]*m/)
  plain.keys('\x03')

  const dumb = await openFinderShell('bash', { node, env: { TERM: 'dumb' } })
  const said = dumb.printed('reverse-i-search')
  dumb.keys(CTRL_R)
  expect(await said).toContain('this terminal cannot show the finder')
})

test('by itself it prints what was chosen, and --json one document', async () => {
  const at = await openFinderShell('bash', { node, after: `karo() { ${karoWords()} "$@"; }` })
  at.keys('karo history -i --json from-the-past >out; cat out\r')
  await at.finds('from-the-past')
  const printed = at.printed('{"picked":"echo from-the-past')
  at.keys('\r')
  await printed
})

test('in a directory that was deleted it works, and nothing is there', async () => {
  const at = await openFinderShell('bash', { node })
  await at.run('mkdir gone; cd gone; rmdir ../gone')
  at.keys(CTRL_R)
  await at.finds('from-the-past')
  // Past this machine and this session.
  at.keys(CTRL_R.repeat(3))
  expect((await at.finds('Nothing was run in this directory'))[0]).toContain('history: here')
  at.keys('\x03')
})

test('stopped and continued it is drawn anew, and the terminal is the shell’s meanwhile', async () => {
  const at = await openFinderShell('bash', { node, after: `karo() { ${karoWords()} "$@"; }` })
  at.keys('karo history -i\r')
  await at.finds('from-the-past')
  const pid = finderPid(at.directory)
  const left = at.left()
  process.kill(pid, 'SIGTSTP')
  await left
  // Whatever the shell says of it, it goes on at the same place.
  await until(() => at.output().includes('Stopped'), { what: 'the shell, which knows of it' })
  at.keys('fg\r')
  await at.finds('from-the-past')
  const over = at.left()
  at.keys('\x03')
  await over
  expect(await at.run('echo alive-again')).toContain('alive-again')
})

test('at a terminal a deletion shows what would go and asks; no, Ctrl-C and Enter are no', async () => {
  await past('echo to-be-asked-about')
  const at = await openFinderShell('bash', { node, after: `karo() { ${karoWords()} "$@"; }` })
  for (const no of ['n\r', '\r', '\x03', '\x04']) {
    const asked = at.printed('for good? [y/N]')
    at.keys('karo history delete to-be-asked\r')
    expect(await asked).toContain('echo to-be-asked-about')
    // With its prompt: what is typed while the program ends may be the program's.
    const over = at.printed(/Nothing was changed\.[\s\S]*@> /)
    at.keys(no)
    await over
    expect(await history('to-be-asked')).toHaveLength(1)
  }
  // A program gets one document, not a question.
  const refused = at.printed(/"code":"bad_request"[\s\S]*@> /)
  at.keys('karo history delete --json to-be-asked\r')
  expect(await refused).not.toContain('for good?')
  expect(await history('to-be-asked')).toHaveLength(1)
  const asked = at.printed('for good? [y/N]')
  at.keys('karo history delete to-be-asked\r')
  await asked
  const over = at.printed('Deleted 1 command')
  at.keys('y\r')
  await over
  expect(await history('to-be-asked')).toEqual([])
})

/** The last, because it ends the daemon. */
test('a daemon that goes meanwhile is told of in the last line until it is back, and the line is left alone; without one it says so, and the shell searches itself', async () => {
  const open = await Promise.all(SHELLS.map((shell) => openFinderShell(shell, { node })))
  const meanwhile = await openFinderShell('bash', { node })
  meanwhile.keys(`echo mine${CTRL_R}`)
  await meanwhile.finds('0 commands')
  await node.stop()
  meanwhile.keys('x')
  await meanwhile.finds('the node is not running; Esc leaves')
  node = await startNode({ home: node.home })
  const shows = (text: string): boolean => meanwhile.finder()!.some((line) => line.includes(text))
  await until(() => shows('0 commands') && !shows('not running'), { what: 'an answer, without another key' })
  await node.stop()
  meanwhile.keys('y')
  await meanwhile.finds('the node is not running; Esc leaves')
  const left = meanwhile.left()
  meanwhile.keys(ESC)
  await left
  const ran = meanwhile.printed(/[\r\n]mine\r?\n/)
  meanwhile.keys('\r')
  await ran
  for (const [i, shell] of SHELLS.entries()) {
    const at = open[i]!
    const said = at.printed(OWN_SEARCH[shell])
    at.keys(CTRL_R)
    expect(await said).toContain('the node is not running')
    const ended = at.printed(/./)
    at.keys(LEAVE_SEARCH[shell])
    await ended
    expect(await at.run('echo alive-again')).toContain('alive-again')
  }
})

const karoWords = (): string =>
  `'${process.execPath}' '${join(import.meta.dirname, '../../../dist/karo.js')}'`

/** The program that the shell of that directory waits for. */
function finderPid(directory: string): number {
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      const line = readFileSync(`/proc/${name}/cmdline`, 'utf8')
      if (
        /history\0(?:--interactive|-i)/.test(line) &&
        readFileSync(`/proc/${name}/environ`, 'utf8').includes(directory)
      )
        return Number(name)
    } catch {
      // Gone meanwhile, or somebody else's.
    }
  }
  throw new Error('there is no finder')
}
