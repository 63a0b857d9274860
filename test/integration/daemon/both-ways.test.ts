// A command line in a process of its own and in the test's process: the same words and the same exit code; and beside a daemon that hangs
// (stopped by a signal) every command ends by itself and says what to do.
import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { COMMANDS } from '../../../src/cli/commands.ts'
import { append, liveName, records } from '../../support/data/spool.ts'
import { fitsHere, runHere } from '../../support/node/in-process.ts'
import { cleanEnv, runProgram, startNode, type TestNode, temporaryHome } from '../../support/node/node.ts'
import { until } from '../../support/run/until.ts'

type Line = readonly string[]

/** A line of each way in which an answer comes: as text, as a document, refused by the daemon or before it is asked, from standard input. */
const LINES: readonly Line[] = [
  ['status'],
  ['status', '--json'],
  ['status', 'surplus'],
  ['approvals', 'deny', '3f9a', '--json'],
  ['doctor', '--only', 'home.key'],
  ['shell', 'init', 'bash'],
  ['history'],
  ['completion'],
  ['check', '-', '--json'],
  ['explain', '-'],
  ['hook', 'generic'],
  ['query', 'health', '--json'],
  ['audit', 'verify', '--file', '/nonexistent'],
  ['config', 'get', 'mesh.prot'],
]
/** Always in a process of their own: they become a daemon or a server, hold a home, or have a jail. */
const NEVER_HERE = ['up', 'stop', 'run', 'mcp', 'acp', 'restore', 'demo']
/** What a script or tool would write to `check -`, `explain -` and `hook generic`. */
const INPUT = JSON.stringify({ command: 'rm -rf /' })

let node: TestNode
beforeAll(async () => {
  node = await startNode({ name: 'both' })
  append(join(node.home, 'spool'), liveName(), records(['echo one', 'ls /nonexistent']))
  await until(async () => (await node.status()).store.events === 2, { what: 'its history' })
})

/** Times, counts and ids go on between one run and the next. */
const steady = (text: string): string =>
  text
    .replace(/[0-9a-f]{16,}/g, '<id>')
    .replace(/(?:just started|up [^,]+),/, 'up a moment,')
    .replace(/\d+(\.\d+)?/g, '0')
    .replace(/\bquestions?\b/g, 'questions')

test('what takes a process for itself is never run here', () => {
  expect(COMMANDS.map(({ name }) => name)).toEqual(expect.arrayContaining(NEVER_HERE))
  for (const word of NEVER_HERE) expect(fitsHere([word], cleanEnv('/nonexistent'))).toBe(false)
})

test.each(LINES.map((line) => [line.join(' '), line] as const))('karo %s', async (_, line) => {
  const env = cleanEnv(node.home, { HOME: node.home })
  expect(fitsHere(line, env)).toBe(true)
  const [whole, here] = [await runProgram(line, env, INPUT), await runHere(line, env, INPUT)]
  expect({ ...here, stdout: steady(here.stdout), stderr: steady(here.stderr) }).toEqual({
    ...whole,
    stdout: steady(whole.stdout),
    stderr: steady(whole.stderr),
  })
  expect(whole.code).not.toBe(null)
})

test('without a daemon', async () => {
  const env = cleanEnv(temporaryHome())
  for (const line of [['status', '--json'], ['history'], ['help'], ['nonsense'], []]) {
    const [whole, here] = [await runProgram(line, env), await runHere(line, env, '')]
    expect([here.code, steady(here.stdout), steady(here.stderr)]).toEqual([
      ...[whole.code, steady(whole.stdout), steady(whole.stderr)],
    ])
  }
})

test('what needs a process of its own gets one', () => {
  const env = cleanEnv('/nonexistent')
  expect(fitsHere(['status'], env)).toBe(true)
  expect(fitsHere(['status'], { ...env, KARO_HTTP_PORT: '0' })).toBe(true)
  expect(fitsHere(['status'], { ...env, TZ: 'Asia/Kathmandu' })).toBe(false)
  expect(fitsHere(['status'], { ...env, PATH: '/nowhere' })).toBe(false)
  expect(fitsHere(['import', 'undo'], { ...env, KARO_FAULT: 'after-write:1' })).toBe(false)
  expect(fitsHere(['doctor', '--repair'], env)).toBe(false)
})

test('the system lists the daemon as karo, with its arguments', () => {
  expect(readFileSync(`/proc/${node.pid}/comm`, 'utf8')).toBe('karo\n')
  expect(readFileSync(`/proc/${node.pid}/cmdline`, 'utf8').split('\0').at(-2)).toBe('up')
})

describe('stopped', () => {
  beforeAll(async () => {
    process.kill(node.pid, 'SIGSTOP')
    const state = () => readFileSync(`/proc/${node.pid}/stat`, 'utf8').split(') ')[1]?.[0]
    await until(() => state() === 'T', { what: 'it is stopped' })
  })
  afterAll(() => void process.kill(node.pid, 'SIGCONT'))

  test('status gives up within 2 s, with an exit code and what to do', async () => {
    const told = await node.karo(['status', '--json'])
    expect(told.code).toBe(1)
    expect(JSON.parse(told.stdout).error).toMatchObject({
      code: 'timeout',
      message: expect.stringContaining(' 1.8 s'),
      hint: expect.stringMatching(/karo.* doctor/),
    })
    const people = await node.karo(['status'])
    expect([people.code, people.stdout]).toEqual([1, ''])
    expect(people.stderr).toMatch(/karo.* doctor/)
  })

  // Some that are answered at once, some that may take minutes, and the kinds of streams.
  test('no other command is kept waiting until its own deadline', async () => {
    const lines = [
      ['history'],
      ['peers'],
      ['audit', 'verify'],
      ['history', 'delete', '--before', '1d', '--yes'],
      ['query', 'tools'],
      ['logs', 'tail', '--follow'],
      ['events'],
      ['export'],
      ['backup', join(tmpdir(), 'karo-never-made.tar')],
      ['doctor', '--egress'],
    ]
    await Promise.all(
      lines.map(async (words) => {
        const told = await node.karo([...words, '--json'])
        expect([words, told.code, JSON.parse(told.stdout)]).toMatchObject([
          words,
          1,
          { error: { code: 'timeout', message: expect.stringMatching(/ ([5-9]|1[0-4]) s/) } },
        ])
      }),
    )
  })

  test('karo ask answers without the commands that were run before, and says so', async () => {
    const { stdout, code } = await node.karo(['ask', 'how full is my disk', '--json'])
    expect(code).toBe(0)
    expect((JSON.parse(stdout) as { notes: readonly string[] }).notes).toEqual([
      expect.stringMatching(/^Your own commands were not searched: .* within 0\.4 s\.$/),
    ])
  })
})

test('once it goes on it answers as before', async () => {
  await node.ready()
  expect((await node.karo(['status'])).code).toBe(0)
})
