// What a person deletes is nowhere in their node's home any more, whatever happens while it goes.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type {
  AuditEntryShape,
  DeletedShape,
  EventShape,
  StatisticsShape,
} from '../../../src/api/contract/shapes.ts'
import { append, liveName, record } from '../../support/data/spool.ts'
import { KARO } from '../../support/node/in-process.ts'
import { startNode, type TestNode } from '../../support/node/node.ts'
import { until } from '../../support/run/until.ts'
import { isInstalled } from '../../support/shell/hook-cases.ts'
import { startShell } from '../../support/shell/hooked-shell.ts'

/** Files below it that hold the text. */
function holding(directory: string, text: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) => {
    const path = join(directory, name)
    try {
      return statSync(path).isFile() && readFileSync(path).includes(text)
    } catch {
      // The database removes files whenever it likes.
      return false
    }
  })
}

/** A shell that is still there: its spool file stays. */
function shellAt(node: TestNode) {
  const name = liveName()
  let sequence = 0
  return async (...commands: readonly string[]): Promise<void> => {
    const before = (await node.status()).store.events
    const bytes = commands.map((command) =>
      record({
        command,
        sequence: ++sequence,
        start: (Date.now() - 60_000) * 1000 + sequence * 10_000,
        cwd: '/srv/place',
      }),
    )
    append(join(node.home, 'spool'), name, Buffer.concat(bytes))
    await until(async () => (await node.status()).store.events === before + commands.length, {
      what: 'the commands',
    })
  }
}

const found = async (node: TestNode, ...words: string[]): Promise<readonly EventShape[]> =>
  (await node.json<{ events: EventShape[] }>(['history', ...words])).events

/** Of a year, which no midnight cuts while a test runs; without the times that it and the year before end at. */
async function numbers(node: TestNode): Promise<unknown> {
  const told = await node.json<StatisticsShape>(['stats', 'year'])
  return JSON.parse(JSON.stringify(told, (key, value: unknown) => (key === 'time_range' ? undefined : value)))
}

/** Of all tests; the first of them finds it as it started. */
let node: TestNode

test('nothing of it is in the database, the spool or the log; the rest is as it was', async () => {
  node = await startNode()
  const type = shellAt(node)
  await type('echo kept', 'echo kept too')
  const before = await numbers(node)
  await type(
    'echo canary-word one',
    'sleep 1 # canary-word',
    'echo canary-word one',
    'echo CANARY-WORD in capitals',
  )
  expect(holding(node.home, 'canary-word')).not.toEqual([])

  const dry = await node.json<DeletedShape>(['history', 'delete', 'canary-word', '--dry-run'])
  expect(dry).toMatchObject({ events: 4, dry_run: true })
  expect(dry.sample.map(({ command }) => command)).toContain('sleep 1 # canary-word')
  expect(await found(node, 'canary-word')).toHaveLength(4)

  // Nobody is there who could be asked.
  const asked = await node.karo(['history', 'delete', 'canary-word'])
  expect(asked).toMatchObject({ code: 2, stdout: '' })
  expect(asked.stderr).toContain('--yes')

  const gone = await node.json<DeletedShape>(['history', 'delete', 'canary-word', '--yes'])
  expect(gone).toEqual({ events: 4, texts: 3, left: 0, dry_run: false, sample: [] })
  expect(await found(node, 'canary-word')).toEqual([])
  expect(holding(node.home, 'canary-word')).toEqual([])
  expect(holding(node.home, 'CANARY-WORD')).toEqual([])
  expect(await numbers(node)).toEqual(before)

  // The shell types on, into the file that was blanked.
  await type('echo after')
  expect((await found(node)).map(({ command }) => command)).toEqual([
    'echo after',
    'echo kept too',
    'echo kept',
  ])
  const log = await node.json<{ entries: AuditEntryShape[] }>(['audit', 'log', '--type', 'history_deleted'])
  expect(log.entries.map(({ details }) => details)).toEqual([{ events: 4, uid: process.getuid!() }])
  expect((await node.json<{ ok: boolean }>(['audit', 'verify'])).ok).toBe(true)

  // And after a restart nothing is read from the spool again.
  await node.stop()
  node = await startNode({ home: node.home })
  expect(await found(node)).toHaveLength(3)
})

test('when nothing is found, one is told whether the shell or the directory is there at all', async () => {
  await shellAt(node)('echo one')
  const said = async (...args: string[]) => (await node.karo(args)).stdout
  expect(await said('history', '--shell', 'BASH')).toContain('echo one')
  const none = 'No command in your history matches: try fewer words, or leave out a filter.\n'
  expect(await said('history', '--shell', 'bash', 'two')).toBe(none)
  for (const args of [['history'], ['history', '--rank'], ['history', 'delete', '--dry-run']]) {
    expect(await said(...args, '--shell', 'csh')).toMatch(/ever recorded .*"csh"/)
    expect(await said(...args, '--cwd', '/nowhere')).toMatch(
      /ever recorded in "\/nowhere".*no such directory/,
    )
    expect(await said(...args, '--cwd', '/usr')).toMatch(/ever recorded in "\/usr"\.$/m)
  }
})

test.each(['bash', 'zsh', 'fish', 'dash'] as const)(
  '%s: neither is it in the line that deletes it, while the shell is still there',
  async (program) => {
    if (!isInstalled(program)) return
    await node.json(['history', 'delete', '--before', 'now', '--yes'])
    const run = `${process.execPath} ${KARO}`
    const shell = await startShell({
      program,
      spool: join(node.home, 'spool'),
      env: { KARO_HOME: node.home },
      before: program === 'fish' ? `function karo; ${run} $argv; end` : `karo() { ${run} "$@"; }`,
    })
    await shell.typeAll('echo canary-word', 'echo kept')
    await until(async () => (await node.status()).store.events === 2, { what: 'the commands' })
    expect(await shell.type('karo history delete canary-word --yes')).toContain('Deleted 1 command')
    await until(() => holding(node.home, 'canary-word').length === 0, { what: 'it is nowhere' })
    await shell.type('echo after')
    await until(async () => (await node.status()).store.events === 2, { what: 'the next command' })
    expect((await found(node)).map(({ command }) => command)).toEqual(['echo after', 'echo kept'])
    expect((await node.status()).spool.dropped).toBe(0)
  },
)
