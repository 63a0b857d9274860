// A shell that is paused records nothing because its person wants it so; one that cannot record is told of. Real shells.
import { expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { noFaults } from '../../src/base/faults.ts'
import { silentLog } from '../../src/base/log.ts'
import { createObserve } from '../../src/observe/index.ts'
import { createProcesses } from '../../src/processes/index.ts'
import { createProc } from '../../src/processes/proc.ts'
import { SILENT_MS, SILENT_ROUNDS } from '../../src/processes/silence.ts'
import { createEventRepository } from '../../src/store/events.ts'
import { createProcessRepository } from '../../src/store/processes.ts'
import { temporaryDatabase } from '../support/database.ts'
import { isInstalled } from '../support/hook-cases.ts'
import { type Program, startShell } from '../support/hooked-shell.ts'
import { until } from '../support/until.ts'

const never = new AbortController().signal
const proc = createProc()

/** A hooked shell, and the rooms that watch it, with a clock that can be turned and looks that are taken when wanted. */
async function watched(program: Program) {
  const shell = await startShell({ program })
  const db = await temporaryDatabase()
  let turned = 0
  let look = (): void => {}
  const clock = { now: systemClock.now, monotonic: () => systemClock.monotonic() + turned }
  const observe = createObserve({
    ...{
      config: { history: { ignore: [] } },
      events: createEventRepository(db),
      spoolDirectory: shell.spool,
    },
    ...{ clock, log: silentLog, faults: noFaults, sweepMs: 50 },
  })
  const processes = createProcesses({
    ...{ config: { processes: { enabled: true, keep_days: 1 } }, repository: createProcessRepository(db) },
    ...{ observe, clock, proc, log: silentLog },
    timers: {
      after(_, run) {
        look = run
        return () => {}
      },
    },
  })
  await observe.start(never)
  await processes.start(never)
  onTestFinished(async () => {
    await processes.stop()
    await observe.stop()
  })
  const its = () => observe.shells().find(({ pid }) => pid === shell.pid)
  await until(its, { what: 'the shell is known' })

  const at = (where: 'its prompt' | 'a command') =>
    until(
      () => {
        const stat = proc.stat(shell.pid)
        if (stat === undefined) return false
        return where === 'a command'
          ? stat.foreground !== stat.group
          : stat.foreground === stat.group && stat.state === 'S'
      },
      { what: `the shell is at ${where}` },
    )

  async function command(): Promise<void> {
    shell.keys('cat\r')
    await at('a command')
    look()
    shell.keys('\x04')
    await shell.prompt()
    await at('its prompt')
    await observe.catchUp()
    look()
  }

  return {
    ...{ shell, observe, its },
    silent: () => processes.silentHooks(),
    async commandsOfTenMinutes() {
      for (let i = 0; i < SILENT_ROUNDS; i++) await command()
      turned += SILENT_MS
      await command()
    },
  }
}

const PAUSE: Readonly<Record<string, readonly [pause: string, resume: string]>> = {
  bash: ['export KARO_PAUSE=1', 'unset KARO_PAUSE'],
  zsh: ['export KARO_PAUSE=1', 'unset KARO_PAUSE'],
  fish: ['set -gx KARO_PAUSE 1', 'set -e KARO_PAUSE'],
  dash: ['export KARO_PAUSE=1', 'unset KARO_PAUSE'],
}

test.each(['bash', 'zsh', 'fish', 'dash'] as const)('%s', { timeout: 60_000 }, async (program) => {
  if (!isInstalled(program)) return
  const { shell, observe, its, silent, commandsOfTenMinutes } = await watched(program)
  const [pause, resume] = PAUSE[program]!
  await shell.type('true')
  await shell.type(pause)
  await until(() => its()?.paused, { what: 'it is known to be paused' })
  await commandsOfTenMinutes()
  expect(silent(), 'paused').toEqual([])

  await shell.type(resume)
  await until(() => its()?.paused === false, { what: 'it is known to record again' })
  await commandsOfTenMinutes()
  expect(silent(), 'recorded').toEqual([])

  // Nothing that it writes arrives any more.
  await shell.type('ulimit -S -f 0')
  await commandsOfTenMinutes()
  expect(silent()).toMatchObject([{ uid: process.getuid!(), shell: program }])
  expect((await observe.status()).dropped, 'a pause is no loss').toBe(0)
})
