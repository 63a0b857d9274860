// karo processes on a real node: what programs in real shells use, whose it is, and that the switch turns it off.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { EventShape } from '../../../src/api/contract/shapes.ts'
import { createProc } from '../../../src/observe/processes/proc.ts'
import { startNode, type TestNode } from '../../support/node/node.ts'
import { until } from '../../support/run/until.ts'
import type { ProcessesShape } from '../../support/shapes.ts'
import { startGuarded } from '../../support/shell/guarded-shell.ts'
import { type Program, startShell, type TypedShell } from '../../support/shell/hooked-shell.ts'

const MIB = 2 ** 20
/** Holds 150 MiB, burns a little, and ends with 3 when a file of that name is there. */
const HOG = `const { existsSync } = require('node:fs')
const held = Buffer.alloc(150 * ${MIB}, 1)
while (process.cpuUsage().user < 300_000) for (let i = 0; i < 100_000; i++) Math.sqrt(i)
setInterval(() => existsSync(process.argv[2]) && process.exit(held[0] + 2), 20)
`

/** Half of what fish is granted. */
const CLOCK_RIGHT_MS = 75
const bootedAt = (): number => Date.now() - 1_000 * Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0])

let node: TestNode
/** All of them: without a limit only those that used most are listed, and which these are depends on the machine. */
const processes = (...args: string[]) => node.json<ProcessesShape>(['processes', '--limit', '1000', ...args])

/** What a shell runs now: another program of the machine may have the same name. */
const runBy = async (shell: TypedShell, name: string) => {
  const kids = createProc().children(shell.pid, 1)
  return (await processes('--now')).processes.find((one) => one.name === name && kids.includes(one.pid))
}

async function hooked(program: Program): Promise<TypedShell> {
  const shell = await startShell({ program, spool: join(node.home, 'spool') })
  writeFileSync(join(shell.directory, 'hog.cjs'), HOG)
  // Where date was kept waiting each time, the clock of this fish is wrong by more than lines and programs may differ by.
  if (program === 'fish')
    await until(
      async () =>
        Math.abs(Number(await shell.type('__karo_clock; echo $__karo_since')) - bootedAt()) < CLOCK_RIGHT_MS,
      { what: 'the clock of fish' },
    )
  // What it types first makes it known.
  await shell.type('true')
  const known = Date.now()
  // What begins sooner may be of that line, as far as the clock of fish tells.
  if (program === 'fish') await until(() => Date.now() - known > 3 * CLOCK_RIGHT_MS, { what: 'another line' })
  return shell
}

/** The command that typed text became, when it is in the history. */
const event = (text: string) =>
  until(
    async () => (await node.json<{ events: EventShape[] }>(['history', text, '--limit', '1'])).events[0],
    { what: `'${text}' is in the history` },
  )

beforeAll(async () => {
  node = await startNode({ name: 'watched' })
  mkdirSync(join(node.home, 'spool'), { recursive: true })
})

describe.each(['bash', 'zsh', 'fish'] as const)('%s', (program) => {
  test('a program: seen while it runs, then with its line, its exit code and what it needed', async () => {
    const shell = await hooked(program)
    const go = join(shell.directory, 'go')
    shell.keys(`${process.execPath} hog.cjs ${go}\r`)
    const mine = (found: ProcessesShape) =>
      found.processes.find(
        ({ name, peak_rss_bytes: peak, cpu_ms }) =>
          name === 'node' && (peak ?? 0) > 150 * MIB && cpu_ms >= 200,
      )
    const runs = await until(async () => mine(await processes('--now')), { what: 'it runs' })
    expect(runs).toMatchObject({ running: true, shell: program, exit_code: null, event_id: null })
    writeFileSync(go, '')
    await shell.prompt()
    const ended = performance.now()
    const line = await event(go)
    const over = await until(
      async () =>
        (await processes('--name', 'NODE')).processes.find(
          ({ event_id, running }) => event_id === line.id && !running,
        ),
      { what: 'it is over and known by its line' },
    )
    expect(over).toMatchObject({ pid: runs.pid, started_at: runs.started_at, running: false, exit_code: 3 })
    expect(over.cpu_ms).toBeGreaterThanOrEqual(200)
    // Its end is noticed by a look, which on a busy machine comes later; not later than here, where it was told.
    const late = performance.now() - ended
    expect(over.duration_ms).toBeLessThanOrEqual((line.duration_ms ?? 0) + 1_000 + late)
    await until(async () => !(await processes('--now')).processes.some(({ pid }) => pid === runs.pid), {
      what: 'it does not run any more',
    })
  })
})

test.each(['bash', 'zsh', 'fish'] as const)(
  '%s: what asks about a line is no program of the person',
  async (program) => {
    const asking = await startGuarded({ program, spool: join(node.home, 'spool') })
    // The spool cannot tell: records of shells that have ended go from it meanwhile.
    await asking.type('true')
    asking.keys('git push -f\r')
    await asking.printed('Run it?')
    const proc = createProc()
    const kids = (pid: number): readonly number[] =>
      proc.children(pid, 1).flatMap((kid) => [kid, ...kids(kid)])
    const helpers = kids(asking.pid)
    expect(helpers.length).toBeGreaterThan(1)
    const shell = await hooked('bash')
    shell.keys('cat\r')
    const now = async () => (await processes('--now', '--limit', '1000')).processes
    // What calls Karo is known by what it calls, so one that was met before is left out at the next look at it.
    await until(
      async () => {
        const all = (await now()).map(({ pid }) => pid)
        return all.some((pid) => kids(shell.pid).includes(pid)) && !all.some((pid) => helpers.includes(pid))
      },
      { what: 'a look that finds the program of the other shell, and nothing that asks' },
    )
    shell.keys('\u0004')
    await shell.prompt()
    asking.keys('n')
    await asking.back()
  },
)

test('across a restart a process is one; off, nothing is looked at and nothing shown as running', async () => {
  const shell = await hooked('bash')
  const go = join(shell.directory, 'go')
  shell.keys(`${process.execPath} hog.cjs ${go}\r`)
  const before = await until(() => runBy(shell, 'node'), { what: 'it runs' })
  // What is written at the stop has its time. What has ended and is listed was written while the daemon ran, and all that was seen
  // before it as well.
  const other = await hooked('bash')
  other.keys('cat\r')
  const cat = await until(() => runBy(other, 'cat'), { what: 'another program, which is seen later' })
  other.keys('\u0004')
  await other.prompt()
  await until(
    async () => (await processes()).processes.some(({ pid, running }) => pid === cat.pid && !running),
    { what: 'it is written' },
  )
  await node.stop()
  node = await startNode({ home: node.home, name: 'watched', env: { KARO_PROCESSES_ENABLED: 'false' } })
  // What was known when the daemon ended.
  const known = (await processes()).processes.filter(({ pid }) => pid === before.pid)
  expect(known).toMatchObject([{ running: false, name: 'node' }])
  expect((await processes('--now')).total).toBe(0)
  await node.stop()
  node = await startNode({ home: node.home, name: 'watched' })
  await until(() => runBy(shell, 'node'), { what: 'it is found again' })
  writeFileSync(go, '')
  await shell.prompt()
  const line = await event(go)
  const after = await until(
    async () => {
      const rows = (await processes()).processes.filter(({ pid }) => pid === before.pid)
      return rows.some(({ event_id }) => event_id === line.id) && rows
    },
    { what: 'it is over' },
  )
  expect(after).toHaveLength(1)
  expect(after[0]!.duration_ms).toBeGreaterThan(before.duration_ms)
})
