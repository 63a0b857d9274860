// karo task: what a person is told of a task whose machine cannot be reached, and how often it is asked for.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { KaroError } from '../../../src/base/errors.ts'
import type { CommandIo } from '../../../src/cli/command.ts'
import { commands } from '../../../src/cli/commands/agents/task.ts'
import { temporaryDirectory } from '../../support/data/database.ts'
import { karo } from '../../support/node/played-daemon.ts'

test('who follows a task on a machine that cannot be reached is told so at the first attempt', async () => {
  const away = { error: { code: 'unavailable', message: 'build cannot be asked: it cannot be dialed' } }
  const words = ['task', 'follow', 'nightly-1', '--at', 'build'] as const
  const { code, err, requests } = await karo({ 'GET /api/v1/tasks/events': away }, ...words)
  expect([code, requests.length]).toEqual([1, 1])
  expect(err).toContain('karo: build cannot be asked')
})

test('whoever gave a task is told how to see it when following it fails, as after a restart that ended a login', async () => {
  const answers = {
    'POST /api/v1/tasks': {
      id: 't-1',
      person: 0,
      agent: 'kExecutor:x',
      tool: 'index',
      state: 'submitted',
      seq: 1,
      why: '',
      trace_id: '0'.repeat(32),
      approval: null,
      created_at: '2026-01-02T03:04:05.000Z',
      ended_at: null,
    },
    'GET /api/v1/tasks/events': {
      error: { code: 'refused', message: 'build: that machine does not let you' },
    },
  }
  const { code, err, requests } = await karo(answers, ...['task', 'run', 'x', 'index', '--at', 'build'])
  expect(code).toBe(4)
  const { id } = requests[0]!.body as { id: string }
  expect(err).toMatch(
    new RegExp(`karo --home \\S+ task show ${id} --at build .*\\n.*that machine does not let you`),
  )
})

test('what is said of a task that goes on, and of none of another machine, names the given home', async () => {
  const before = process.listeners('exit')
  onTestFinished(() => {
    // What ends the process by the signal as well is not for the process of the tests.
    for (const one of process.listeners('exit')) if (!before.includes(one)) process.off('exit', one)
  })
  const interrupted = () => {
    process.emit('SIGINT')
    return { error: { code: 'unavailable', message: 'no' } }
  }
  const followed = await karo({ 'GET /api/v1/tasks/events': interrupted }, 'task', 'follow', 't-1')
  expect(followed.code).toBe(1)
  expect(followed.err).toMatch(/karo --home \S+ task follow t-1 .* karo --home \S+ task cancel t-1 /)
  const none = await karo({ 'GET /api/v1/tasks': { tasks: [] } }, 'task', 'list', '--at', 'build')
  expect(none.out).toMatch(/^No tasks of the one you ask as; karo --home \S+ whoami says/)
})

test('what a task waits for is answered in the given home, or on another machine', async () => {
  const line = {
    task: 't-1',
    state: 'input-required',
    message: 'x',
    progress: null,
    approval: 'a1f2',
    seq: 1,
  }
  const run = commands.find(({ name }) => name === 'task run')
  const toldOf = async (at?: string): Promise<string> => {
    let told = ''
    const io = {
      env: { KARO_HOME: '/srv/k' },
      home: '/srv/k',
      commands: [{ name: 'approvals' }, { name: 'task' }],
      call: async () => ({ id: 't-1', state: 'submitted' }),
      async *lines() {
        yield line
      },
      get daemon() {
        return io
      },
      out: () => {},
      err: (text: string) => (told += text),
    }
    const given = { args: { agent: 'files', tool: 'index' }, options: { at } }
    await run?.run(io as unknown as CommandIo, given)
    return told
  }
  const show = 'karo --home /srv/k task show'
  expect(await toldOf()).toContain(`Answer it: karo --home /srv/k approvals approve a1f2. ${show} t-1 shows`)
  expect(await toldOf('build')).toContain(
    `with --at build: karo approvals approve a1f2. ${show} t-1 --at build`,
  )
})

test('a task that was begun to be asked for is asked for again, and not one for a node that does not run', async () => {
  const run = commands.find(({ name }) => name === 'task run')
  let told = ''
  const timesOf = async (...codes: ('not_running' | 'unavailable')[]): Promise<number> => {
    let times = 0
    told = ''
    const call = async () => {
      throw new KaroError(codes[times++] ?? 'refused', 'no')
    }
    const given = { args: { agent: 'files', tool: 'index' }, options: { id: 't-1', at: 'build' } }
    const io = { env: {}, home: '', commands: [], call, err: (text: string) => (told += text) }
    await expect(run?.run(io as unknown as CommandIo, given)).rejects.toThrow('no')
    return times
  }
  expect(await timesOf('not_running')).toBe(1)
  expect(told).toBe('')
  expect(await timesOf('unavailable', 'not_running', 'not_running')).toBe(3)
  // The id that it was given may be one that nobody has seen.
  expect(told).toBe('karo task show t-1 --at build shows what became of the task.\n')
})

test('steps that are no list are refused before anything is asked', async () => {
  const file = join(temporaryDirectory(), 'steps.json')
  writeFileSync(file, '{"id":"s1"}')
  const { code, err, requests } = await karo({}, 'plan', 'make', 'x', '--steps', file)
  expect([code, err, requests]).toEqual([1, expect.stringContaining('not a JSON list of steps'), []])
})
