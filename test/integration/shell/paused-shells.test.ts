// A shell that is paused records nothing because its person wants it so; one that cannot record is told of. Real shells.
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { PLAIN_LINES } from '../../../src/assist/risk/ruled-tools.ts'
import { systemClock, systemTimers } from '../../../src/base/clock.ts'
import { noFaults } from '../../../src/base/run/faults.ts'
import { silentLog } from '../../../src/base/run/log.ts'
import { createProcesses } from '../../../src/observe/processes/index.ts'
import { createProc } from '../../../src/observe/processes/proc.ts'
import { SILENT_MS, SILENT_ROUNDS } from '../../../src/observe/processes/shell.ts'
import { createObserve } from '../../../src/observe/record/index.ts'
import { createEventRepository } from '../../../src/store/events/events.ts'
import { createProcessRepository } from '../../../src/store/processes/processes.ts'
import { temporaryDatabase, temporaryDirectory } from '../../support/data/database.ts'
import { until } from '../../support/run/until.ts'
import { isInstalled } from '../../support/shell/hook-cases.ts'
import { type Program, type ShellOptions, spooled, startShell } from '../../support/shell/hooked-shell.ts'

const never = new AbortController().signal
const proc = createProc()

/** A hooked shell, and the rooms that watch it, with a clock that can be turned and looks that are taken when wanted. */
async function watched(program: Program, options: ShellOptions = {}) {
  const shell = await startShell({ ...options, program })
  const db = await temporaryDatabase()
  let turned = 0
  let look = (): void => {}
  const clock = { now: systemClock.now, monotonic: () => systemClock.monotonic() + turned }
  const observe = createObserve({
    config: { history: { ignore: [], redact: [] } },
    events: createEventRepository(db),
    spoolDirectory: shell.spool,
    clock,
    timers: systemTimers,
    log: silentLog,
    faults: noFaults,
    personOf: async (uid) => uid,
    sweepMs: 50,
  })
  const processes = createProcesses({
    config: { processes: { enabled: true, keep_days: 1 } },
    repository: createProcessRepository(db),
    observe,
    clock,
    proc,
    log: silentLog,
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
    shell,
    observe,
    its,
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

test.each(['bash', 'zsh', 'fish', 'dash'] as const)('%s', async (program) => {
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

/** A guard that refuses what begins with git, at once; and how often it was asked. */
function refusing() {
  const directory = temporaryDirectory()
  const [program, asked] = [join(directory, 'karo'), join(directory, 'asked')]
  writeFileSync(asked, '')
  writeFileSync(
    program,
    `#!/bin/sh
case $KARO_LINE in git*) echo drop declined high -; echo x >>'${asked}' ;; *) echo run - safe - ;; esac
`,
  )
  chmodSync(program, 0o755)
  return {
    asked: () => readFileSync(asked, 'utf8').split('\n').length - 1,
    options: {
      marked: true,
      guard: {
        ask: [program],
        ruled: ['git'],
        plain: PLAIN_LINES,
        files: [],
        machineFile: join(directory, 'none'),
        resident: join(directory, 'judge-'),
        timeoutMs: 20_000,
        onError: 'block',
      },
    } satisfies ShellOptions,
  }
}

test.each([
  ['bash', 'set +o history', 'set -o history'],
  ['fish', 'set -g fish_private_mode 1', 'set -e fish_private_mode'],
  ['fish', "set -g fish_history ''", 'set -e fish_history'],
] as const)(
  '%s: what the guard refuses after %s is noted nowhere, and the shell stays paused',
  async (program, pause, resume) => {
    if (!isInstalled(program)) return
    const { asked, options } = refusing()
    const { shell, observe, its, silent, commandsOfTenMinutes } = await watched(program, options)
    await shell.type('true')
    await shell.type(pause)
    await until(() => its()?.paused, { what: 'it is known to be paused' })
    const before = spooled(shell.spool).length
    shell.keys('git push\r')
    await until(() => asked() === 1, { what: 'the guard was asked' })
    await shell.type('true')
    await observe.catchUp()
    expect(spooled(shell.spool)).toHaveLength(before)
    expect(its()?.paused).toBe(true)
    await commandsOfTenMinutes()
    expect(silent()).toEqual([])

    await shell.type(resume)
    await shell.type('true')
    shell.keys('git push\r')
    await until(() => spooled(shell.spool).some(({ note }) => note?.outcome === 'declined'), {
      what: 'what was refused is noted again',
    })
  },
)

test('fish: one that is private from its start has no file, whatever the guard refuses', async () => {
  if (!isInstalled('fish')) return
  for (const before of ['set -g fish_private_mode 1', "set -g fish_history ''"]) {
    const { asked, options } = refusing()
    const shell = await startShell({ ...options, program: 'fish', before })
    shell.keys('git push\r')
    await until(() => asked() === 1, { what: 'the guard was asked' })
    await shell.type('true')
    expect(readdirSync(shell.spool)).toEqual([])
  }
})
