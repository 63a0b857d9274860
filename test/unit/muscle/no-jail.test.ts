// The room of the daemon on a machine where karo-exec begins and can build no jail.
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createMuscle } from '../../../src/agents/muscle/muscle.ts'
import { systemClock } from '../../../src/base/clock.ts'
import { openDescriptors } from '../../../src/base/kernel/descriptors.ts'
import { openPeerCredentials } from '../../../src/base/kernel/peer-credentials.ts'
import { silentLog } from '../../../src/base/run/log.ts'
import { createBwrap } from '../../../src/muscle/jail/bwrap.ts'
import { muscleHere } from '../../support/muscle/muscle.ts'
import { until } from '../../support/run/until.ts'

// The one that answers runs in this process, and the child only lives for as long as its standard input is open.
vi.mock('../../../src/muscle/contract/program.ts', () => ({
  muscleProgram: () => [process.execPath, join(import.meta.dirname, '../../support/muscle/idle.mjs')],
}))

test('a karo-exec that answers and can build no jail is not called starting: the reason is told at once', async () => {
  const failing = createBwrap({
    landlock: 0,
    descriptors: await openDescriptors(),
    closed: [],
    socket: '/nowhere',
    program: '/bin/false',
  })
  const { path } = await muscleHere({ providers: [failing], connect: false })
  const muscle = createMuscle({
    way: 'start',
    path,
    provider: null,
    closed: [],
    state: '/nowhere',
    credentials: () => openPeerCredentials(silentLog),
    clock: systemClock,
    // Time stands still: nothing is told because it took too long.
    timers: { after: () => () => {} },
    log: silentLog,
  })
  onTestFinished(() => muscle.stop())
  await muscle.start(new AbortController().signal)
  await until(() => muscle.state().detail?.includes('no jail'), { what: 'the reason is told' })
  await expect(muscle.client()).rejects.toThrow('no jail could be built')
  expect(muscle.state()).toMatchObject({ state: 'locked', detail: expect.stringContaining('no jail') })
})
