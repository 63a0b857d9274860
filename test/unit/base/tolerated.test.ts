// A tolerated room may fail to start: the node goes on, says so in its health, and tries again.
import { expect, test } from 'vitest'
import { KaroError } from '../../../src/base/errors.ts'
import { silentLog } from '../../../src/base/run/log.ts'
import type { Room } from '../../../src/base/run/room.ts'
import { tolerated } from '../../../src/base/run/tolerated.ts'
import { until } from '../../support/run/until.ts'

function flaky(failures: Error[]) {
  const calls = { start: 0, stop: 0 }
  const room: Room = {
    name: 'mesh',
    async start() {
      calls.start++
      const failure = failures.shift()
      if (failure !== undefined) throw failure
    },
    async stop() {
      calls.stop++
    },
    health: () => [{ name: 'mesh.listening', ok: true, detail: 'on 9238' }],
  }
  return { calls, room: tolerated(room, { check: 'mesh.listening', log: silentLog, retryMs: 1 }) }
}
const signal = () => new AbortController().signal

test('a failed start is a failing check that says what to do, then heals', async () => {
  const taken = new KaroError('unavailable', 'port 9238 is taken', { hint: 'Set mesh.port.' })
  const { calls, room } = flaky([taken, new Error('still')])
  await room.start(signal())
  expect(room.health?.()).toEqual([
    { name: 'mesh.listening', ok: false, detail: 'port 9238 is taken. Set mesh.port.' },
  ])
  await until(() => room.health?.()[0]?.ok, { what: 'the room healed' })
  expect(calls.start).toBe(3)
  expect(room.health?.()).toEqual([{ name: 'mesh.listening', ok: true, detail: 'on 9238' }])
  await room.stop()
  expect(calls.stop).toBe(1)
})

test('what a person has to correct still fails the start', async () => {
  const { room } = flaky([new KaroError('bad_config', 'a public address')])
  await expect(room.start(signal())).rejects.toThrow('a public address')
})

test('a room that never started is not stopped, and is not tried again afterwards', async () => {
  const { calls, room } = flaky([new Error('no'), new Error('no'), new Error('no')])
  await room.start(signal())
  await room.stop()
  const before = calls.start
  await room.stop()
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(calls.start).toBe(before)
  expect(calls.stop).toBe(0)
})

test('an abort is an abort, not a failure to tolerate', async () => {
  const abort = new AbortController()
  const room = tolerated(
    {
      name: 'mesh',
      async start() {
        abort.abort(new Error('SIGTERM'))
        throw new Error('cut')
      },
      async stop() {},
    },
    { check: 'mesh.listening', log: silentLog },
  )
  await expect(room.start(abort.signal)).rejects.toThrow('SIGTERM')
})
