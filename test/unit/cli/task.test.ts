// karo task: what a person is told of a task whose machine cannot be reached, and how often it is asked for.
import { expect, test } from 'vitest'
import { KaroError } from '../../../src/base/errors.ts'
import type { CommandIo } from '../../../src/cli/command.ts'
import { commands } from '../../../src/cli/commands/agents/task.ts'
import { karo } from '../../support/node/played-daemon.ts'

test('who follows a task on a machine that cannot be reached is told so at the first attempt', async () => {
  const away = { error: { code: 'unavailable', message: 'build cannot be asked: it cannot be dialed' } }
  const words = ['task', 'follow', 'nightly-1', '--at', 'build'] as const
  const { code, err, requests } = await karo({ 'GET /api/v1/tasks/events': away }, ...words)
  expect([code, requests.length]).toEqual([1, 1])
  expect(err).toContain('karo: build cannot be asked')
})

test('a task that was begun to be asked for is asked for again, and not one for a node that does not run', async () => {
  const run = commands.find(({ name }) => name === 'task run')
  const timesOf = async (...codes: ('not_running' | 'unavailable')[]): Promise<number> => {
    let times = 0
    const call = async () => {
      throw new KaroError(codes[times++] ?? 'refused', 'no')
    }
    const given = { args: { agent: 'files', tool: 'index' }, options: {} }
    await expect(run?.run({ call } as unknown as CommandIo, given)).rejects.toThrow('no')
    return times
  }
  expect(await timesOf('not_running')).toBe(1)
  expect(await timesOf('unavailable', 'not_running', 'not_running')).toBe(3)
})
