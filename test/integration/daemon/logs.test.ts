// `karo logs tail` against real daemons: the last lines, the next ones, across a restart, and the way out of it.
import { spawn } from 'node:child_process'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { cleanEnv, startNode, type TestNode, temporaryHome } from '../../support/node/node.ts'
import { ended, track } from '../../support/run/processes.ts'
import { until } from '../../support/run/until.ts'
import { openBash } from '../../support/shell/pty.ts'

const KARO = join(import.meta.dirname, '../../../dist/karo.js')

interface Line {
  readonly seq?: number
  readonly level: string
  readonly pid: number
  readonly msg: string
  readonly trace_id?: string
  readonly route?: string
  readonly dropped?: number
}

let node: TestNode
beforeAll(async () => {
  node = await startNode({ name: 'logs' })
})

const linesOf = (text: string): Line[] =>
  text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Line]))

/** The real command, that goes on until it is told to end. */
function following(args: readonly string[]) {
  const child = track(
    spawn(process.execPath, [KARO, 'logs', 'tail', '--follow', ...args], {
      env: cleanEnv(node.home),
      stdio: 'pipe',
    }),
  )
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
  return {
    child,
    lines: () => linesOf(out.slice(0, out.lastIndexOf('\n') + 1)),
    out: () => out,
    err: () => err,
  }
}

describe('karo logs tail', () => {
  test('shows the last lines, as the daemon wrote them to stderr', async () => {
    const shown = linesOf((await node.karo(['logs', 'tail', '--json'])).stdout)
    expect(shown.length).toBeGreaterThan(0)
    // A thread writes there, when it comes to it; and the daemon may have written more since.
    await until(() => node.log().split('\n').length > shown.length, { what: 'what was shown is written' })
    const written = linesOf(node.log().split('\n').slice(0, shown.length).join('\n'))
    expect(shown.map(({ level, pid, msg }) => ({ level, pid, msg }))).toEqual(
      written.map(({ level, pid, msg }) => ({ level, pid, msg })),
    )
    expect(shown.map(({ seq }) => seq)).toEqual(shown.map((_, i) => i + 1))
    const people = await node.karo(['logs', 'tail', '-n', '1'])
    expect(people.stdout).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d (info|warn) {1,2}\S.*\n$/)
    expect(linesOf((await node.karo(['logs', 'tail', '-n', '0', '--json'])).stdout)).toEqual([])
  })

  test('says what is wrong with a number, a level and a trace id', async () => {
    for (const words of [
      ['-n', '1e3'],
      ['-n', '1001'],
      ['-n', '-1'],
      ['--level', 'all'],
      ['--trace', 'XYZ'],
    ]) {
      expect(await node.karo(['logs', 'tail', ...words]), words.join(' ')).toMatchObject({
        code: 2,
        stdout: '',
      })
    }
    const away = cleanEnv(temporaryHome())
    const child = track(
      spawn(process.execPath, [KARO, 'logs', 'tail', '--follow'], { env: away, stdio: 'ignore' }),
    )
    expect((await ended(child)).code).toBe(3)
  })

  test('follows what is below log.level too, only while somebody does, and only what was asked for', async () => {
    const all = following(['--level', 'debug', '--json', '-n', '0'])
    const usual = following(['--json', '-n', '1'])
    const traced = following(['--level', 'debug', '--trace', 'abcd', '--json', '-n', '0'])
    const seen = (route: string) => all.lines().some((line) => line.route === route)
    // Until it is heard it may not have been connected yet.
    await until(async () => (await node.status()) && seen('/api/v1/status'), { what: 'a request is told' })
    const trace = `abcd${'0'.repeat(28)}`
    await until(
      async () => {
        await request(node, '/api/v1/identity', trace)
        return traced.lines().some((line) => line.trace_id === trace)
      },
      { what: 'the traced request is told' },
    )
    await until(() => usual.lines().length > 0, {
      what: 'a follower that hears nothing new has shown the last line',
    })
    expect(traced.lines().every((line) => line.trace_id?.startsWith('abcd'))).toBe(true)
    expect(usual.lines().filter(({ level }) => level === 'debug')).toEqual([])
    expect(node.log()).not.toContain('"level":"debug"')
    // Nothing of it was kept.
    expect(
      linesOf((await node.karo(['logs', 'tail', '--level', 'debug', '--json'])).stdout).some(
        ({ level }) => level === 'debug',
      ),
    ).toBe(false)
    for (const { child } of [all, usual, traced]) {
      child.kill('SIGINT')
      expect(await ended(child)).toEqual({ code: 0, signal: null })
    }
  })

  test('goes on when the daemon restarts, with each line once, and says that it was away', async () => {
    const follower = following(['--json'])
    await until(() => follower.lines().length > 0, { what: 'the first lines' })
    const first = node.pid
    await node.stop()
    await until(() => follower.err().includes('does not answer'), { what: 'it says that the daemon is away' })
    node = await startNode({ name: 'logs', home: node.home })
    await until(() => follower.lines().some(({ pid, msg }) => pid === node.pid && msg === 'ready'), {
      what: 'the new daemon is heard',
    })
    const keys = follower.lines().map(({ pid, seq }) => `${pid} ${seq}`)
    expect(new Set(keys).size).toBe(keys.length)
    expect(follower.lines().some(({ pid }) => pid === first)).toBe(true)
    const own = follower.lines().filter(({ pid }) => pid === node.pid)
    expect(own.map(({ seq }) => seq)).toEqual(own.map((_, i) => i + 1))
    expect(follower.err().split('\n').filter(Boolean)).toHaveLength(1)
    follower.child.kill('SIGINT')
    expect((await ended(follower.child)).code).toBe(0)
  })

  test('Ctrl-C leaves a clean prompt', async () => {
    const bash = await openBash({
      rc: '/dev/null',
      env: { KARO_HOME: node.home, PATH: process.env.PATH ?? '' },
    })
    bash.write(`${process.execPath} ${KARO} logs tail --follow\r`)
    await until(() => bash.output().includes('ready'), { what: 'the log is shown' })
    bash.write('\x03')
    await bash.prompts(1)
    const shown = await bash.run('echo "status $?"')
    expect(shown).toContain('status 0')
    // The prompt begins a line of its own, behind the ^C.
    expect(bash.output()).toMatch(/\^C\r?\n\r*(\x1b\[\?2004h)?\u2301\u2301 /)
    await bash.close()
  })

  // That nothing waits for them is shown where the server is closed without a deadline (test/unit/api/logs.test.ts).
  test('a daemon that somebody follows ends in order, and so does who follows', async () => {
    const follower = following([])
    await until(() => follower.out().includes('ready'), { what: 'it follows' })
    expect(await node.stop()).toEqual({ code: 0, signal: null })
    follower.child.kill('SIGTERM')
    expect((await ended(follower.child)).code).toBe(0)
  })
})

/** One request by hand; resolves with the answer. */
function request(of: TestNode, path: string, trace?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(join(of.home, 'karo.sock'))
    let text = ''
    socket.setEncoding('utf8').on('data', (part) => (text += part))
    socket.once('error', reject)
    socket.once('end', () => resolve(text))
    socket.write(`GET ${path} HTTP/1.0\r\n${trace === undefined ? '' : `x-trace-id: ${trace}\r\n`}\r\n`)
  })
}
