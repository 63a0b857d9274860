// Crash safety: whatever moment the daemon is killed at, every command typed is stored once, and no shell waits.
import { expect, test } from 'vitest'
import { FAULT_POINTS } from '../../../src/base/run/faults.ts'
import { crashRounds } from '../../support/node/crash.ts'
import { times } from '../../support/run/thorough.ts'

const ROUNDS = times(FAULT_POINTS.length, 20)
/** The same rounds each time, with few daemons and yet each way to end a shell or a daemon; the soak has others. */
const SEED = 13

test(`${ROUNDS} rounds of typing and kill -9 lose nothing, repeat nothing, and hold up no shell`, async () => {
  const report = await crashRounds({ rounds: ROUNDS, seed: SEED })
  expect(report.rounds).toBe(ROUNDS)
  for (const point of FAULT_POINTS) expect(report.killed[point], point).toBeGreaterThan(0)
  expect(report.killed['any-moment']).toBeGreaterThan(0)
  for (const [ending, times] of Object.entries(report.shellsEnded)) expect(times, ending).toBeGreaterThan(0)
  expect(report.answeredWhileDown).toBeGreaterThan(0)
  expect(report.answeredWhileStopped).toBeGreaterThan(0)
})
