// What no hook writes and no person means to type: on a real node, through real files, real shells and the real command line.
import { execFileSync, spawn } from 'node:child_process'
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { spawn as spawnPty } from '@lydell/node-pty'
import { beforeAll, describe, expect, test } from 'vitest'
import type { EventShape } from '../../../src/api/contract/shapes.ts'
import { append, liveName, record } from '../../support/data/spool.ts'
import { cleanEnv, type Ran, runKaro, startNode, type TestNode } from '../../support/node/node.ts'
import { track } from '../../support/run/processes.ts'
import { times } from '../../support/run/thorough.ts'
import { until } from '../../support/run/until.ts'
import { type Program, startShell } from '../../support/shell/hooked-shell.ts'

const KARO = join(import.meta.dirname, '../../../dist/karo.js')
const MIB = 2 ** 20
/** Twice what a record holds; line editors take a second and more for a hundred KiB. */
const PASTED = times(128, 1_024)
const isRoot = process.getuid?.() === 0
/** ESC, C1's CSI, backspace, bell, carriage return, an overriding direction: none may reach a terminal from outside. */
const WILD = 'echo \u001b]0;title\u0007 \u001b[2J\u009b31m\b\r\u202egnp.exe\u2028x'
const ACTS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2028\u2029]/
const DEEP = `echo ${'('.repeat(10_000)}`
const DEEP_SUBSTITUTION = `echo ${'$('.repeat(10_000)}`

let node: TestNode
let spool: string
let files = 0

interface Found {
  readonly events: readonly EventShape[]
  readonly total: number
}
const history = (...args: string[]) => node.json<Found>(['history', ...args])
/** A file of a shell of its own, of which nobody else writes. */
const fresh = (): string => liveName(Date.now() * 1000 + files++)

/** Microseconds since the epoch, never twice the same. */
const now = (): number => Date.now() * 1000 + (files++ % 1_000)

/** After whatever came before, a command of a shell is recorded as ever, and the node is well. */
async function goesOn(): Promise<void> {
  const command = `echo goes on ${files}`
  append(spool, fresh(), record({ command, start: now() }))
  await until(async () => (await history(command)).total === 1, { what: command })
  const { health } = await node.status()
  expect(health.checks.filter(({ ok }) => !ok)).toEqual([])
}

const stored = async (command: string) =>
  until(async () => (await history(command, '--limit', '10000')).events.at(0), {
    what: `${command.slice(0, 40)} is stored`,
  })

beforeAll(async () => {
  node = await startNode({ name: 'wary' })
  spool = join(node.home, 'spool')
})

describe('what a spool file says', () => {
  test('bytes that are no text: kept as far as they are, shown without effect', async () => {
    const raw = record({ command: 'MARK', start: now() })
    const at = raw.indexOf('MARK')
    const bytes = Buffer.concat([
      raw.subarray(0, at),
      Buffer.from('invalid '),
      Buffer.from([0xff, 0xfe, 0xc3, 0x28, 0xed, 0xa0, 0x80, 0xf5, 0x80]),
      raw.subarray(at + 4),
    ])
    append(spool, fresh(), bytes)
    const event = await stored('invalid')
    expect(event.command).toMatch(/^invalid \ufffd+\(/)
    await goesOn()
  })

  test.each([
    ['parentheses', DEEP],
    ['substitutions', DEEP_SUBSTITUTION],
    ['here documents', `cat ${'<<A '.repeat(5_000)}`],
    ['bash -c', `${"bash -c '".repeat(2_000)}true`],
  ])('ten thousand %s', async (_, command) => {
    append(spool, fresh(), record({ command, start: now() }))
    const event = await stored(command.slice(0, 60))
    expect(event.command.slice(0, 200)).toBe(command.slice(0, 200))
    await goesOn()
  })

  test('what could move the cursor is shown, not done', async () => {
    append(spool, fresh(), record({ command: WILD, cwd: `/tmp/\u001b[31m`, start: now() }))
    await stored('title')
    for (const args of [
      ['history', 'title'],
      ['history', 'gnp'],
      ['stats'],
      ['status'],
      ['processes'],
      ['anomalies'],
    ]) {
      const { stdout, stderr, code } = await node.karo(args)
      expect(code, args.join(' ')).toBe(0)
      expect(stdout + stderr, args.join(' ')).not.toMatch(ACTS)
    }
    expect((await node.karo(['history', 'title'])).stdout).toContain('\\x1b]0;title\\x07')
    // For programs it is what it was.
    expect((await history('title')).events[0]!.command).toBe(WILD)
  })
})

test('the finder shows it, and does none of it', async () => {
  append(spool, fresh(), record({ command: WILD, cwd: '/tmp/\u001b[31m', start: now() }))
  await stored('title')
  const terminal = spawnPty(process.execPath, [KARO, 'history', '--interactive'], {
    name: 'xterm',
    cols: 80,
    rows: 24,
    env: cleanEnv(node.home),
  })
  let screen = ''
  let over = false
  terminal.onData((data) => (screen += data))
  terminal.onExit(() => (over = true))
  try {
    terminal.write('gnp')
    await until(() => screen.includes('\\x1b]0;title'), { what: `it is on the screen: ${screen}` })
    expect(screen).not.toMatch(/\u001b\]0;title|\u009b|\u202e|\u2028/)
    terminal.write('\u0003')
    await until(() => over, { what: 'it ends' })
  } finally {
    if (!over) terminal.kill('SIGKILL')
  }
})

describe('what a spool file is', () => {
  test('a link, a FIFO, a directory, a device: nothing is read through it, nothing waits for it', async () => {
    const secret = join(node.home, 'secret')
    writeFileSync(secret, record({ command: 'from elsewhere' }), { mode: 0o600 })
    symlinkSync(secret, join(spool, fresh()))
    symlinkSync('/dev/zero', join(spool, fresh()))
    symlinkSync(spool, join(spool, fresh()))
    linkSync(secret, join(spool, fresh()))
    execFileSync('mkfifo', [join(spool, fresh())])
    mkdirSync(join(spool, fresh()))
    if (isRoot) execFileSync('mknod', [join(spool, fresh()), 'c', '1', '5'])
    await goesOn()
    expect((await history('from elsewhere')).total).toBe(0)
    expect(existsSync(secret)).toBe(true)
    await until(async () => (await node.status()).spool.pending_bytes === 0, { what: 'nothing waits' })
  })

  test('a shell’s own file replaced by a link, a FIFO or a directory: the shell goes on', async () => {
    const secret = join(node.home, 'precious')
    writeFileSync(secret, 'precious')
    for (const program of ['bash', 'zsh', 'fish', 'dash'] as const satisfies readonly Program[]) {
      const shell = await startShell({ program, spool })
      await shell.type('true')
      const path = join(spool, readdirSync(spool).find((each) => each.includes(`-${shell.pid}-`))!)
      for (const put of [() => symlinkSync('/nonexistent/anywhere', path), () => mkdirSync(path)]) {
        rmSync(path, { recursive: true, force: true })
        put()
        expect(await shell.type(`echo ${program} lives`)).toBe(`${program} lives\n`)
      }
      rmSync(path, { recursive: true })
      await shell.type(`echo ${program} again`)
      await stored(`echo ${program} again`)
      await shell.leave()
    }
    await goesOn()
  })

  test.runIf(isRoot)(
    'somebody else’s file is theirs; another’s with a second name here is nobody’s',
    async () => {
      const theirs = fresh()
      append(node.home, theirs, record({ command: 'typed by 4711' }))
      execFileSync('chown', ['4711', join(node.home, theirs)])
      renameSync(join(node.home, theirs), join(spool, theirs))
      const foreign = join(node.home, 'foreign')
      writeFileSync(foreign, record({ command: 'linked from 4712' }), { mode: 0o600 })
      execFileSync('chown', ['4712', foreign])
      linkSync(foreign, join(spool, fresh()))
      await goesOn()
      expect((await history('typed by')).total).toBe(0)
      expect((await history('linked from')).total).toBe(0)
    },
  )
})

describe('what is typed', () => {
  test.each(['bash', 'zsh'] as const)(`%s: ${PASTED} KiB pasted into one line`, async (program) => {
    const shell = await startShell({ program, spool })
    await shell.paste(`\u001b[200~: pasted ${'0'.repeat(PASTED * 1_024)}\u001b[201~\r`)
    await shell.prompt()
    const { command } = await stored(': pasted')
    expect(command).toMatch(/^: pasted 0+ …\[cut\]$/)
    await shell.type('echo after the paste')
    await stored('echo after the paste')
    await shell.leave()
    await history('--limit', '1')
  })
})

describe('the command line', () => {
  const alone = (args: readonly string[], input = '') => runKaro(args, cleanEnv(node.home), input)
  /** Ended by itself, said what it thinks, and nothing that acts on a terminal. */
  function civil({ code, stdout, stderr }: Ran, codes: readonly number[], what: string): void {
    expect(codes, `${what}: ${stderr.slice(0, 300)}`).toContain(code)
    expect(stdout + stderr, what).not.toMatch(ACTS)
    expect(stderr, what).not.toMatch(/\n\s+at .*\.(js|ts):\d+/)
  }
  /** The largest argument that Linux hands to a program. */
  const LARGEST = 128 * 1024 - 1

  test.each([
    ['deep', DEEP],
    ['deep substitutions', DEEP_SUBSTITUTION],
    ['wild', WILD],
    ['long', `echo ${'x'.repeat(LARGEST - 5)}`],
    ['many words', `echo ${'x '.repeat((LARGEST - 5) / 2)}`],
    ['lone surrogate', 'echo \ud800'],
  ])('%s text as an argument', async (_, text) => {
    civil(await alone(['check', text]), [0, 4], 'check')
    civil(await alone(['explain', text]), [0, 1, 2], 'explain')
    civil(await alone(['history', text]), [0, 2], 'history')
    civil(await alone(['history', '--cwd', text]), [0, 2], 'history --cwd')
    civil(await alone(['processes', '--name', text]), [0, 2], 'processes')
    // A short one is a request.
    civil(await alone([text]), text.length > 500 ? [2] : [0, 1, 2], 'a command of that name')
    civil(await alone(['config', 'get', text]), [1, 2], 'config get')
    civil(await alone(['peers', 'explain', text]), [1, 2], 'peers explain')
  })

  test('1 MiB and ten thousand of everything on standard input', async () => {
    for (const text of [`echo ${'x'.repeat(MIB)}`, DEEP, DEEP_SUBSTITUTION, 'a\0b\0\0c', '']) {
      const { code, stdout, stderr } = await alone(['check', '-', '--json'], text)
      expect([0, 2, 4], stderr).toContain(code)
      const said = JSON.parse(stdout) as { risk_level?: string }
      if (code !== 2) expect(said.risk_level).toBeDefined()
    }
  })

  test('bytes that are no text as an argument', async () => {
    for (const command of ['check', 'explain', 'history']) {
      const ran = await new Promise<Ran>((resolve, reject) => {
        // No string of JavaScript becomes these bytes: the shell makes them.
        const script = `exec "$0" "$1" ${command} "$(printf 'echo \\377\\376 \\303\\050')"`
        const child = track(
          spawn('sh', ['-c', script, process.execPath, KARO], { env: cleanEnv(node.home), stdio: 'pipe' }),
        )
        let [stdout, stderr] = ['', '']
        child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
        child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
        child.once('error', reject)
        child.once('close', (code) => resolve({ code, stdout, stderr }))
      })
      civil(ran, [0, 1], command)
    }
  })

  test('after all that the node is well, and its log knows none of it', async () => {
    await goesOn()
    expect(node.process.exitCode).toBeNull()
    expect(node.log()).not.toMatch(/title|goes on|jump|crowd|pasted|invalid|secret/)
  })
})
