// An import at a terminal: its bar, Ctrl-C, a prompt; what came can be undone.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { spawn } from '@lydell/node-pty'
import { expect, test } from 'vitest'
import type { ImportListShape } from '../../../src/api/contract/shapes.ts'
import { cleanEnv, startNode, type TestNode, temporaryHome } from '../../support/node/node.ts'
import { atEnd } from '../../support/run/processes.ts'
import { times } from '../../support/run/thorough.ts'
import { until } from '../../support/run/until.ts'

const KARO = join(import.meta.dirname, '../../../dist/karo.js')
const LINES = times(20_000, 40_000)

function largeHistory(lines = LINES): string {
  const file = join(temporaryHome(), 'history')
  const line = (_: unknown, i: number): string => `#${1_600_000_000 + i * 60}\ngit commit -m "change ${i}"\n`
  writeFileSync(file, Array.from({ length: lines }, line).join(''))
  return file
}

/** The program at a terminal of 80 × 24. */
function atTerminal(node: TestNode, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const terminal = spawn(process.execPath, [KARO, ...args], {
    cols: 80,
    rows: 24,
    cwd: node.home,
    env: { ...cleanEnv(node.home), TERM: 'xterm', ...env } as Record<string, string>,
  })
  let shown = ''
  let code: number | undefined
  terminal.onData((text) => (shown += text))
  // As a shell tells it: 130 for what Ctrl-C ended.
  terminal.onExit(({ exitCode, signal }) => (code = signal ? 128 + signal : exitCode))
  atEnd(() => {
    if (code === undefined) terminal.kill('SIGKILL')
  })
  return {
    shown: () => shown,
    type: (keys: string) => terminal.write(keys),
    shows: (what: RegExp) =>
      until(() => what.test(shown) || code !== undefined, { what: `${what} on the screen` }),
    async ended() {
      await until(() => code !== undefined, { what: `the end of it, which shows ${JSON.stringify(shown)}` })
      return code
    },
  }
}

const listed = async (node: TestNode) => (await node.json<ImportListShape>(['import', 'list'])).imports
const events = async (node: TestNode): Promise<number> => (await node.status()).store.events

test('a bar within 80 columns, and Ctrl-C: what came is told, and can be taken out', async () => {
  const node = await startNode({ name: 'stopped' })
  const file = largeHistory()
  const cli = atTerminal(node, ['import', 'bash', file])
  await cli.shows(/\[#+ *\] \d+ % \d+ commands, \d+\/s/)
  cli.type('\x03')
  expect(await cli.ended()).toBe(130)
  for (const line of cli.shown().split(/\r|\n|\x1b\[K/)) expect(line.length).toBeLessThanOrEqual(80)
  // Erased before anything else is said.
  expect(cli.shown()).toMatch(/\r\x1b\[K\d+ commands of bash read/)
  expect(cli.shown()).toContain('The import was interrupted')
  // All that was read is in the history.
  const told = /(\d+) commands of bash read.*added +(\d+)/s.exec(cli.shown())
  expect(told?.[1]).toBe(told?.[2])
  const [one] = await listed(node)
  expect(one).toMatchObject({ id: 1, events: await events(node), finished_at: expect.any(String) })
  expect(one!.events).toBeGreaterThan(0)
  expect(one!.events).toBeLessThan(LINES)

  const asking = atTerminal(node, ['import', 'undo'])
  await asking.shows(/Take out \d+ commands that import 1 brought .*\? \[y\/N\] $/s)
  for (const line of asking.shown().split(/\r?\n/)) expect(line.length).toBeLessThanOrEqual(80)
  asking.type('\r')
  expect(await asking.ended()).toBe(1)
  expect(await events(node)).toBe(one!.events)
  const again = atTerminal(node, ['import', 'undo'])
  await again.shows(/\[y\/N\] $/)
  again.type('y\r')
  expect(await again.ended()).toBe(0)
  expect(again.shown()).toContain(`${one!.events} commands of import 1 taken out.`)
  expect(await events(node)).toBe(0)

  // A terminal that can do nothing gets no bar.
  const dumb = atTerminal(node, ['import', 'bash', largeHistory(2_000)], { TERM: 'dumb' })
  expect(await dumb.ended()).toBe(0)
  expect(dumb.shown()).not.toContain('\x1b')
  expect(dumb.shown()).toMatch(/^2000 commands of bash read/)
})
