// karo task: what a person is told of a task whose machine cannot be reached.
import { expect, test } from 'vitest'
import { karo } from '../../support/node/played-daemon.ts'

test('who follows a task on a machine that cannot be reached is told so at the first attempt', async () => {
  const away = { error: { code: 'unavailable', message: 'build cannot be asked: it cannot be dialed' } }
  const words = ['task', 'follow', 'nightly-1', '--at', 'build'] as const
  const { code, err, requests } = await karo({ 'GET /api/v1/tasks/events': away }, ...words)
  expect([code, requests.length]).toEqual([1, 1])
  expect(err).toContain('karo: build cannot be asked')
})
