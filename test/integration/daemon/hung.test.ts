// Beside a daemon that hangs (stopped by a signal) every command ends by itself and says what to do; and what the system calls it.
import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startNode, type TestNode } from '../../support/node/node.ts'
import { until } from '../../support/run/until.ts'

let node: TestNode
beforeAll(async () => {
  node = await startNode({ name: 'stuck' })
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
