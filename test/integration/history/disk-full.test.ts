// A disk that is full, or fails: shells stay quiet, the daemon says so once, answers, and goes on when there is room.
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { EventShape } from '../../../src/api/contract/shapes.ts'
import { openIn } from '../../support/data/damage.ts'
import { cleanEnv, runKaro, startNode, type TestNode, temporaryHome } from '../../support/node/node.ts'
import { breakingDisk, smallDisk } from '../../support/node/small-disk.ts'
import { ended } from '../../support/run/processes.ts'
import { until } from '../../support/run/until.ts'
import { startShell, type TypedShell } from '../../support/shell/hooked-shell.ts'

const isRoot = process.getuid?.() === 0

/** A node whose home is on that disk, and what it says elsewhere. */
const nodeOn = (home: string, ready = true): Promise<TestNode> =>
  startNode({ home, ready, logs: temporaryHome() })

const commandsIn = async (node: TestNode): Promise<string[]> =>
  (await node.json<{ events: EventShape[] }>(['history', '--limit', '1000'])).events.map(
    ({ command }) => command,
  )

async function unready(node: TestNode): Promise<string> {
  const failing = await until(
    async () => (await node.status()).health.checks.find(({ name, ok }) => name === 'store.writable' && !ok),
    { what: 'the daemon says that it cannot write' },
  )
  return failing.detail
}

/** Lines of its log that say just that, all of them once it has ended; the reason of another one may hold the same words. */
const says = (node: TestNode, message: string): number => node.log().split(`"msg":"${message}`).length - 1

async function typedAndStored(shell: TypedShell, node: TestNode, line: string): Promise<void> {
  await shell.type(line)
  await until(async () => (await commandsIn(node)).includes(line), { what: `${line} in the history` })
}

test.runIf(isRoot)(
  'a full disk: nothing is torn, it recovers by itself, and killed meanwhile it says why it cannot start',
  async () => {
    const disk = smallDisk(24)
    const node = await nodeOn(disk.home)
    const shell = await startShell({ spool: join(disk.home, 'spool') })
    await typedAndStored(shell, node, 'echo before')
    // With bash's own settings the hook reads each command from a file of its own, on the same disk.
    const other = await startShell({ spool: join(disk.home, 'spool'), before: 'HISTCONTROL=' })
    await typedAndStored(other, node, 'echo besides')

    disk.fill()
    // Nothing has come that the daemon could not write, and it says so all the same.
    expect(await unready(node)).toContain('Make room')
    // The first record may still fit into the page that its file has begun.
    for (let i = 0; i < 60; i++)
      expect(await shell.type(`echo lost ${i} ${'x'.repeat(200)}`)).toBe(`lost ${i} ${'x'.repeat(200)}\n`)
    for (let i = 60; i < 120; i++) await other.type(`echo lost ${i} ${'x'.repeat(200)}`)
    // Something that has to be written: a person's decision, which is refused with a reason.
    const decided = await node.karo(['share', 'off'])
    expect(decided.code).not.toBe(0)
    expect(decided.stderr).not.toMatch(/\bat .*:\d+/)
    expect((await node.json<{ ready: boolean }>(['status'])) !== undefined).toBe(true)
    // What can be read is answered.
    expect(await commandsIn(node)).toContain('echo before')
    expect((await node.karo(['stats'])).code).toBe(0)
    expect((await node.karo(['query', 'health'])).code).toBeLessThanOrEqual(5)

    disk.free()
    await node.ready()
    await typedAndStored(shell, node, 'echo after')
    await typedAndStored(other, node, 'echo afterwards')
    const commands = await commandsIn(node)
    expect(commands.filter((command) => command === 'echo before')).toHaveLength(1)
    expect(new Set(commands).size).toBe(commands.length)
    // What the spool had no room for either is counted.
    const { spool } = await node.status()
    expect(commands.filter((command) => command.startsWith('echo lost')).length + spool.dropped).toBe(120)
    expect((await node.json<{ ok: boolean }>(['audit', 'verify'])).ok).toBe(true)

    await node.stop()
    expect(says(node, 'the disk refuses writes')).toBe(1)
    expect(says(node, 'spool files wait')).toBeLessThanOrEqual(2)
    const second = await nodeOn(disk.home)
    expect((await commandsIn(second)).toSorted()).toEqual(commands.toSorted())

    // Killed while it is full again, it says why it cannot start.
    disk.fill()
    await shell.type('echo full')
    // The first one may still fit; one that changes nothing is not written.
    let turns = 0
    await until(async () => (await second.karo(['share', ++turns % 2 ? 'off' : 'on'])).code !== 0, {
      what: 'a write that fails',
    })
    await second.kill9()
    const tried = await nodeOn(disk.home, false)
    expect(await ended(tried.process)).toEqual({ code: 1, signal: null })
    expect(tried.log()).toContain('is full')
    expect(tried.log()).not.toMatch(/\n\s+at /)
    disk.free()
    const next = await nodeOn(disk.home)
    await typedAndStored(shell, next, 'echo later')
    expect((await commandsIn(next)).filter((command) => command === 'echo before')).toHaveLength(1)
  },
)

test.runIf(isRoot)('a directory that becomes read-only is told before a write fails', async () => {
  const { home } = smallDisk(24)
  const node = await nodeOn(home)
  // Over the directory, because the file system itself stays writable while the database has files open.
  const mount = (...args: readonly string[]) => expect(spawnSync('mount', [...args, home]).status).toBe(0)
  mount('--bind', home)
  mount('-o', 'remount,bind,ro')
  expect(await unready(node)).toMatch(/is lost where that is on a disk that takes nothing either.*EROFS/)
  expect(spawnSync('umount', [home]).status).toBe(0)
  await node.ready()
})

test.runIf(isRoot)(
  'a disk that fails under it: it says so and answers; mended, nothing is lost',
  async ({ skip }) => {
    const disk = breakingDisk(48)
    if (disk === undefined) return skip('this machine mounts no files')
    const node = await nodeOn(disk.home)
    const shell = await startShell({ spool: join(disk.home, 'spool') })
    await typedAndStored(shell, node, 'echo before')
    disk.breakDown()
    for (const word of ['one', 'two', 'three']) expect(await shell.type(`echo ${word}`)).toBe(`${word}\n`)
    expect((await node.karo(['share', 'off'])).code).not.toBe(0)
    expect(await unready(node)).toContain('Read-only file system')
    expect(await commandsIn(node)).toContain('echo before')
    await node.stop()
    expect(says(node, 'the disk refuses writes')).toBe(1)
    const refused = await nodeOn(disk.home, false)
    expect((await ended(refused.process)).code).not.toBe(0)
    expect(refused.log()).not.toMatch(/\n\s+at /)
    await shell.leave()
    disk.mend()
    const next = await nodeOn(disk.home)
    expect((await commandsIn(next)).filter((command) => command === 'echo before')).toHaveLength(1)
  },
)

test.runIf(isRoot)('what is said to be written after a full disk is there after a restart', async () => {
  const { home, fill, free } = smallDisk(4)
  const directory = join(home, 'db')
  const store = await openIn(directory)
  const decide = (uid: number): Promise<boolean> =>
    store.consent
      .put({
        uid,
        allow_supervisors: [],
        deny_peers: [],
        allow_only: [],
        deny_only: [],
        off: false,
        decided_at: 1,
        allow_peers: Array.from({ length: 100 }, (_, i) => `role:r${i}`),
      })
      .then(
        () => true,
        () => false,
      )
  for (let uid = 0; uid < 50; uid++) expect(await decide(uid)).toBe(true)
  fill()
  let uid = 50
  while (await decide(uid)) uid++
  expect(await decide(uid + 1)).toBe(false)
  free()
  await until(() => store.health?.().every(({ ok }) => ok), { what: 'the disk accepts writes again' })
  for (let after = 1000; after < 1050; after++) expect(await decide(after)).toBe(true)
  await store.stop()
  const next = await openIn(directory)
  for (const known of [0, 49, uid - 1, 1000, 1049]) expect(await next.consent.get(known)).toBeDefined()
  await next.stop()
})

test.runIf(isRoot)('a start on a disk that is full or read-only says which of the two it is', async () => {
  const { home, fill, free } = smallDisk(4)
  const env = cleanEnv(home)
  const karo = (...args: readonly string[]) => runKaro(args, env)
  expect((await karo('init')).code).toBe(0)
  fill()
  const full = await karo('up')
  expect([full.code, full.stderr]).toEqual([1, expect.stringContaining(' is full')])
  free()
  // As a node leaves it that has run and ended.
  writeFileSync(join(home, 'db', 'CLOSED'), '')
  expect(spawnSync('mount', ['-o', 'remount,ro', home]).status).toBe(0)
  const readOnly = await karo('up')
  expect([readOnly.code, readOnly.stderr]).toEqual([1, expect.stringContaining('is read-only (EROFS)')])
  const other = await karo('up', '--home', join(home, 'other'))
  expect([other.code, other.stderr]).toEqual([
    1,
    expect.stringContaining(`the file system of ${home} is read-only`),
  ])
  const doctor = await karo('doctor', '--only', 'home.directory')
  expect([doctor.code, doctor.stdout]).toEqual([1, expect.stringContaining('its file system is read-only')])
})
