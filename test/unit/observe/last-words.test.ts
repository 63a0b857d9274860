// A shell that seemed to be gone and still writes loses nothing: its file goes only when everything in it is stored.
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { systemClock, systemTimers } from '../../../src/base/clock.ts'
import { noFaults } from '../../../src/base/run/faults.ts'
import { silentLog } from '../../../src/base/run/log.ts'
import { createObserve } from '../../../src/observe/record/index.ts'
import { createEventRepository, type EventRepository } from '../../../src/store/events/events.ts'
import { temporaryDatabase, temporaryDirectory } from '../../support/data/database.ts'
import { append, deadName, records } from '../../support/data/spool.ts'
import { until } from '../../support/run/until.ts'

test('what is written while its file is about to be removed is read first', async () => {
  const directory = join(temporaryDirectory(), 'spool')
  mkdirSync(directory)
  append(directory, deadName(), records(['a']))
  const events = createEventRepository(await temporaryDatabase())
  let late = false
  const writing: EventRepository = {
    ...events,
    async settle(position) {
      if (!late) append(directory, deadName(), records(['b'], 2))
      late = true
      await events.settle(position)
    },
  }
  const observe = createObserve({
    config: { history: { ignore: [], redact: [] } },
    events: writing,
    spoolDirectory: directory,
    clock: systemClock,
    timers: systemTimers,
    log: silentLog,
    faults: noFaults,
    personOf: async (uid) => uid,
    sweepMs: 20,
  })
  await observe.start(new AbortController().signal)
  onTestFinished(() => observe.stop())
  await until(() => readdirSync(directory).length === 0, { what: 'the file is removed' })
  expect(await events.count(process.getuid!())).toBe(2)
  await expect.poll(() => observe.status()).toEqual({ pending_bytes: 0, dropped: 0 })
})
