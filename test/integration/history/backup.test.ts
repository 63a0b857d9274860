// A whole node in one file, made while people type; restored it is the same node, also by root, and no kill leaves half of one. And what a
// daemon does with a damaged database.
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { EventShape, StatisticsShape } from '../../../src/api/contract/shapes.ts'
import { noFaults } from '../../../src/base/run/faults.ts'
import { homePaths } from '../../../src/config/paths.ts'
import { openArchive } from '../../../src/ops/care/archive.ts'
import { finishRestore, isReady } from '../../../src/ops/care/finish.ts'
import { holdHome } from '../../../src/ops/system/home-lock.ts'
import { readPublicIdentity } from '../../../src/trust/identity/index.ts'
import { openIn } from '../../support/data/damage.ts'
import { append, liveName, records } from '../../support/data/spool.ts'
import { runHere } from '../../support/node/in-process.ts'
import {
  cleanEnv,
  ON_LOOPBACK,
  type Ran,
  runKaro,
  startNode,
  type TestNode,
  temporaryHome,
} from '../../support/node/node.ts'
import { smallDisk } from '../../support/node/small-disk.ts'
import { ended } from '../../support/run/processes.ts'
import { randomOf } from '../../support/run/random.ts'
import { until } from '../../support/run/until.ts'
import { startShell } from '../../support/shell/hooked-shell.ts'

const historyOf = async (node: TestNode): Promise<EventShape[]> =>
  (await node.json<{ events: EventShape[] }>(['history', '--limit', '10000'])).events
const commandsOf = async (node: TestNode): Promise<string[]> =>
  (await historyOf(node)).map(({ command }) => command)
const nodeIdOf = async (node: TestNode): Promise<string> =>
  (await node.json<{ node_id: string }>(['identity', 'show'])).node_id
const karoIn = (home: string, args: readonly string[], env: Record<string, string> = {}): Promise<Ran> =>
  runKaro(args, cleanEnv(home, { ...ON_LOOPBACK, ...env }))

const OWNER = 12_345

/** Of another life than the backup: people type at it. */
let busy: TestNode
/** A stopped node with a history, and a backup of it. */
let source: { id: string; events: EventShape[]; stats: StatisticsShape; file: string; home: string }

beforeAll(async () => {
  const node = await startNode({ name: 'source', config: '[history]\nignore = ["nobody*"]\n' })
  const texts = Array.from({ length: 3_000 }, (_, i) => `echo ${i}`)
  const shell = liveName()
  // In several changes of the database: of one that is damaged nothing is left.
  for (let at = 0; at < texts.length; at += 750) {
    append(join(node.home, 'spool'), shell, records(texts.slice(at, at + 750), at + 1))
    await until(async () => (await node.status()).store.events === at + 750, { what: 'these events' })
  }
  await node.karo(['share', 'off'])
  const file = join(temporaryHome(), 'karo.tar')
  const made = await node.karo(['backup', file])
  expect([made.code, made.stderr]).toEqual([0, ''])
  expect(made.stdout).toContain('source')
  source = {
    id: await nodeIdOf(node),
    events: await historyOf(node),
    stats: await node.json(['stats', 'year']),
    file,
    home: node.home,
  }
  await node.stop()
})

test('the file is readable by its owner alone, never in place of another, and a tar like any other', async () => {
  busy = await startNode({ name: 'busy' })
  const node = busy
  expect(statSync(source.file).mode & 0o777).toBe(0o600)
  const again = await node.karo(['backup', source.file])
  expect(again.code).toBe(1)
  expect(again.stderr).toContain('there is a file of that name')
  expect(readdirSync(join(source.file, '..'))).toEqual(['karo.tar'])
  const bare = join(temporaryHome(), 'bare.tar')
  await node.karo(['backup', bare, '--without-key'])
  expect(readFileSync(bare).includes('PRIVATE KEY')).toBe(false)
  expect(readFileSync(source.file).includes('PRIVATE KEY')).toBe(true)
  // Where it cannot be written the ledger does not say that it was.
  const disk = smallDisk(1)
  disk.fill()
  const full = await node.karo(['backup', join(disk.home, 'karo.tar')])
  expect([full.code, full.stderr]).toEqual([1, expect.stringContaining(' is full')])
  const entriesOf = async (type: string) =>
    (await node.json<{ entries: { details: object }[] }>(['audit', 'log', '--type', type])).entries
  expect(await entriesOf('backup_made')).toMatchObject([{ details: { key: false } }])
  expect((await entriesOf('backup_begun')).length).toBe(2)
})

test('restored into an empty home it is the same node with the same answers', async () => {
  const home = join(temporaryHome(), 'new')
  const restored = await karoIn(home, ['restore', source.file])
  expect(restored.stdout.replaceAll(/\s+/g, ' ')).toContain(
    'karo share on, karo cap grant, karo secret allow.',
  )
  expect([restored.code, restored.stderr]).toEqual([0, ''])
  expect(restored.stdout).toContain('stop it there before you start it here')
  expect(statSync(join(home, 'identity.key')).mode & 0o777).toBe(0o600)
  const node = await startNode({ home })
  expect(await nodeIdOf(node)).toBe(source.id)
  expect(await historyOf(node)).toEqual(source.events)
  const { time_range: _, ...numbers } = await node.json<StatisticsShape>(['stats', 'year'])
  const { time_range: __, ...before } = source.stats
  expect(numbers).toEqual(before)
  expect((await node.json<{ ok: boolean }>(['audit', 'verify'])).ok).toBe(true)
  expect((await node.json<{ sharing: string }>(['share', 'show'])).sharing).toBe('off')
  expect(readFileSync(join(home, 'config.toml'), 'utf8')).toContain('nobody*')
  // Not while it runs, and not over it.
  expect((await karoIn(home, ['restore', source.file, '--replace'])).stderr).toContain(
    'has the database open',
  )
  await node.stop()
  const refused = await karoIn(home, ['restore', source.file])
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('--replace')])
})

test('typing goes on: what the backup has, and what came after it, is there once; what was withdrawn since stays withdrawn, and the ledger says that there was a restore; who holds a home holds it alone', async () => {
  const node = busy
  await node.karo(['share', 'allow', '*'])
  const token = (await node.karo(['token', 'create', '--name', 'gone'])).stdout.trim()
  const shell = await startShell({ spool: join(node.home, 'spool') })
  const file = join(temporaryHome(), 'busy.tar')
  let typed = 0
  const type = async (): Promise<void> => void (await shell.type(`echo busy ${++typed}`))
  for (let i = 0; i < 10; i++) await type()
  const making = node.karo(['backup', file])
  let made: Ran | undefined
  void making.then((ran) => (made = ran))
  while (made === undefined) await type()
  expect(made.code).toBe(0)
  for (let i = 0; i < 10; i++) await type()
  await until(async () => (await commandsOf(node)).length >= typed, { what: 'all of it' })
  const all = (await commandsOf(node)).toSorted()
  const archive = await openArchive(file)
  await archive.close()
  const [{ id }] = (await node.json<{ tokens: [{ id: string }] }>(['token', 'list'])).tokens
  expect((await node.karo(['token', 'revoke', id])).code).toBe(0)
  expect((await node.karo(['share', 'off'])).code).toBe(0)
  // One at a time: a daemon, a restore, a repair.
  await expect(holdHome(homePaths({ KARO_HOME: node.home }))).rejects.toMatchObject({
    message: expect.stringContaining(String(node.pid)),
  })
  await node.stop()
  const letGo = await holdHome(homePaths({ KARO_HOME: node.home }))
  for (const args of [['up'], ['restore', source.file, '--replace'], ['doctor', '--repair']]) {
    const ran = await karoIn(node.home, args)
    expect([ran.code, ran.stderr]).toEqual([1, expect.stringContaining('another karo is at work')])
  }
  letGo()
  expect((await karoIn(node.home, ['doctor', '--repair', '--dry-run'])).code).toBe(0)
  // The shell goes on living, and the spool file with it: it is read on from where the backup was.
  const restored = await karoIn(node.home, ['restore', file, '--replace'])
  expect([restored.code, restored.stderr]).toEqual([0, ''])
  expect(restored.stdout).toContain('karo share on')
  expect(restored.stdout).toContain('karo token create')
  const next = await startNode({ home: node.home })
  await until(async () => (await commandsOf(next)).length >= typed, { what: 'what came after' })
  expect((await commandsOf(next)).toSorted()).toEqual(all)
  expect(all).toHaveLength(typed)
  expect((await next.status()).spool.dropped).toBe(0)

  expect(await next.json(['share', 'show'])).toMatchObject({ sharing: 'off' })
  expect((await next.json<{ tokens: unknown[] }>(['token', 'list'])).tokens).toEqual([])
  const { listen } = (await next.status()).http
  const answer = await fetch(`http://${listen}/api/v1/status`, {
    headers: { authorization: `Bearer ${token}` },
  })
  expect(answer.status).toBe(401)
  const { entries } = await next.json<{ entries: object[] }>(['audit', 'log', '--type', 'node_restored'])
  expect(entries).toMatchObject([
    { success: true, details: { backup_of: archive.head.created_at, key: true } },
  ])
  expect(await next.json(['audit', 'verify'])).toMatchObject({ ok: true })
  // One's own word counts again.
  await next.karo(['share', 'on'])
  expect(await next.json(['share', 'show'])).not.toMatchObject({ sharing: 'off' })
  await next.stop()
})

describe('damage', () => {
  test('every kind of it is refused with the place, and nothing is made', async () => {
    const whole = readFileSync(source.file)
    const random = randomOf(7)
    const directory = temporaryHome()
    const file = join(directory, 'damaged.tar')
    const harmed: Buffer[] = []
    for (let i = 0; i < 3; i++) {
      const turned = Buffer.from(whole)
      const at = random.below(whole.length)
      turned[at] = turned[at]! ^ (1 << random.below(8))
      harmed.push(turned, whole.subarray(0, random.below(whole.length)))
    }
    harmed.push(whole.subarray(0, -1), Buffer.concat([whole, Buffer.from([0])]), Buffer.alloc(0))
    for (const bytes of harmed) {
      writeFileSync(file, bytes)
      const home = join(directory, 'home')
      // What is refused makes and holds nothing, so it needs no process of its own.
      const ran = await runHere(['restore', file, '--json'], cleanEnv(home), '')
      expect(ran.code).toBe(1)
      const { error } = JSON.parse(ran.stdout) as { error: { message: string; where: string } }
      expect(error.message).toMatch(/damaged|not a karo backup/)
      expect(error.where).toContain(file)
      expect(existsSync(home)).toBe(false)
    }
  })
})

test('killed between any two steps, the home is the old node or the new one, whole', async () => {
  const commandsIn = async (home: string): Promise<readonly unknown[]> => {
    const store = await openIn(join(home, 'db'))
    const { events } = await store.events.search(process.getuid?.() ?? 0, { words: [], limit: 10_000 })
    await store.stop()
    return events.map(({ command }) => command)
  }
  const idIn = (home: string) => readPublicIdentity(join(home, 'identity.key')).nodeId
  const [oldId, nextId] = [idIn(busy.home), source.id]
  const said: Record<string, readonly unknown[]> = {
    [oldId]: await commandsIn(busy.home),
    [nextId]: source.events.map(({ command }) => command),
  }
  const parent = temporaryHome()
  /** Restores whose end was left to the next start: a daemon finds out of the first, and what its start does first ends the others. */
  let unfinished = 0
  const looked = async (home: string): Promise<string> => {
    if (isReady(home)) {
      if (unfinished++ === 0) await (await startNode({ home })).stop()
      else finishRestore(home, noFaults)
    }
    const id = idIn(home)
    expect(await commandsIn(home)).toEqual(said[id])
    return id
  }
  const ends: string[] = []
  for (let step = 1; ; step++) {
    const home = join(parent, String(step))
    copyTree(busy.home, home)
    const args = ['restore', source.file, '--replace']
    const ran = await karoIn(home, args, { KARO_FAULT: `restore-step:${step}` })
    if (ran.code === 0) break
    expect(ran.code).toBe(null)
    const id = await looked(home)
    ends.push(id)
    if (id === oldId) {
      // And once more, to its end.
      expect((await karoIn(home, args)).code).toBe(0)
      expect(await looked(home)).toBe(nextId)
    }
    const kept = readdirSync(home).find((name) => name.startsWith('before-restore-'))!
    expect(readdirSync(join(home, kept)).sort()).toEqual(['config.toml', 'db', 'identity.key'])
    expect(readdirSync(home).filter((name) => name === '.restoring' || name === 'restored')).toEqual([])
  }
  expect(ends.length).toBeGreaterThan(6)
  expect(new Set(ends)).toEqual(new Set([oldId, nextId]))
  expect(unfinished).toBeGreaterThan(0)
})

test('bytes of the database that were turned: it does not start as if nothing were, says what to run, and that saves the rest', async () => {
  const { home, id } = source
  const before = new Set(source.events.map(({ command }) => command))
  const db = join(home, 'db')
  const log = join(db, readdirSync(db).find((name) => name.endsWith('.log'))!)
  const bytes = readFileSync(log)
  const at = Math.floor(bytes.length / 2)
  bytes[at] = bytes[at]! ^ 0x10
  writeFileSync(log, bytes)

  const refused = await startNode({ home, ready: false })
  expect(await ended(refused.process)).toEqual({ code: 1, signal: null })
  expect(refused.log()).toContain('the database is damaged')
  expect(refused.log()).toMatch(/karo .*doctor --repair/)
  expect(refused.log()).not.toMatch(/\n\s+at /)

  // Nothing that runs after it takes it for as good as before.
  expect(await refused.karo(['doctor', '--repair'])).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('Lost: unknown'),
    stderr: '',
  })
  const kept = readdirSync(home).find((name) => name.startsWith('db.damaged-'))!
  expect(readFileSync(join(home, kept, basename(log))).equals(bytes)).toBe(true)
  const next = await startNode({ home })
  expect(await nodeIdOf(next)).toBe(id)
  // What the spool still has and the database lost is read again.
  const after = await until(
    async () => {
      const found = await commandsOf(next)
      const { store, spool } = await next.status()
      return store.events === found.length && spool.pending_bytes === 0 && found
    },
    { what: 'as many as are counted' },
  )
  expect(after.length).toBeGreaterThan(0)
  for (const command of after) expect(before.has(command) || command.startsWith('# the text')).toBe(true)
  // It goes on.
  append(join(next.home, 'spool'), liveName(), records(['echo again'], 4_000))
  await until(async () => (await commandsOf(next)).includes('echo again'), { what: 'what is typed now' })
})

/** Into a home that belongs to somebody else: it is theirs then, and nothing they planted there uses root. */
describe.runIf(process.getuid?.() === 0)('as root', () => {
  /** A directory of root's that everybody may enter, with the service's home in it. */
  function machine(): { parent: string; home: string; put: (name: string, text: string) => void } {
    const parent = temporaryHome()
    chmodSync(parent, 0o755)
    const home = join(parent, 'karo')
    mkdirSync(home, { mode: 0o700 })
    chownSync(home, OWNER, OWNER)
    return {
      parent,
      home,
      put(name, text) {
        const path = join(home, name)
        mkdirSync(join(path, '..'), { recursive: true })
        writeFileSync(path, text)
        chownSync(join(path, '..'), OWNER, OWNER)
        chownSync(path, OWNER, OWNER)
      },
    }
  }
  const restore = ({ parent, home }: { parent: string; home: string }): Promise<Ran> =>
    runKaro(['restore', source.file, '--service', '--replace'], {
      ...cleanEnv(home),
      KARO_HOME: undefined,
      STATE_DIRECTORY: home,
      CONFIGURATION_DIRECTORY: join(parent, 'etc-karo'),
      RUNTIME_DIRECTORY: parent,
    })
  const all = (directory: string): string[] =>
    readdirSync(directory, { recursive: true }).map((name) => join(directory, name as string))

  test('everything in it belongs to whose it is', async () => {
    const at = machine()
    at.put('identity.key', 'the old one')
    const config = join(at.parent, 'etc-karo', 'config.toml')
    mkdirSync(join(config, '..'))
    writeFileSync(config, '# the administrator\n')
    const ran = await restore(at)
    expect([ran.stderr, ran.code]).toEqual(['', 0])
    expect(readFileSync(config, 'utf8')).toBe('# the administrator\n')
    expect(readdirSync(at.home).toSorted()).toEqual([
      expect.stringMatching(/^before-restore-/),
      'config.toml.from-backup',
      'db',
      'identity.key',
    ])
    for (const path of all(at.home)) expect([path, statSync(path).uid]).toEqual([path, OWNER])
    expect(statSync(join(at.home, 'identity.key')).mode & 0o777).toBe(0o600)
  })

  test.each(['up', 'restore'])('what its owner left ready is not put elsewhere by %s', async (command) => {
    const at = machine()
    const victim = join(at.parent, 'etc')
    mkdirSync(victim)
    writeFileSync(join(victim, 'identity.key'), 'of root')
    at.put('identity.key', 'of the owner')
    at.put('restored/identity.key', 'as well')
    at.put('restored/aside', 'before-restore-2026-01-01')
    symlinkSync(victim, join(at.home, 'before-restore-2026-01-01'))
    const ran = command === 'restore' ? await restore(at) : await runKaro(['up'], cleanEnv(at.home))
    expect(ran.code).toBe(command === 'up' ? 4 : 1)
    expect(readFileSync(join(victim, 'identity.key'), 'utf8')).toBe('of root')
    expect(readdirSync(victim)).toEqual(['identity.key'])
  })

  test('nor does a way that others could change lead root anywhere', async () => {
    const at = machine()
    const below = join(at.home, 'below')
    mkdirSync(below)
    const copy = join(at.parent, 'copy.tar')
    copyFileSync(source.file, copy)
    for (const home of [below, join(below, 'new')]) {
      const ran = await runKaro(['restore', copy], cleanEnv(home))
      expect(ran.stderr).toContain('so root does not write there')
    }
    const open = join(at.parent, 'open')
    mkdirSync(open)
    chmodSync(open, 0o1777)
    mkdirSync(join(open, 'planted'))
    chownSync(join(open, 'planted'), OWNER, OWNER)
    const planted = await runKaro(['restore', copy], cleanEnv(join(open, 'planted')))
    expect(planted.code).toBe(4)
    expect(readdirSync(join(open, 'planted'))).toEqual([])
    // What nobody else can have put there is root's own to fill.
    expect((await runKaro(['restore', copy], cleanEnv(join(open, 'new')))).code).toBe(0)
    expect(lstatSync(join(open, 'new', 'identity.key')).uid).toBe(0)
  })
})

/** A stopped node's home, without what waits in its spool. */
function copyTree(from: string, to: string): void {
  mkdirSync(to, { mode: 0o700 })
  for (const name of ['config.toml', 'identity.key']) copyFileSync(join(from, name), join(to, name))
  for (const directory of ['db', 'spool']) mkdirSync(join(to, directory), { mode: 0o700 })
  for (const name of readdirSync(join(from, 'db'))) copyFileSync(join(from, 'db', name), join(to, 'db', name))
}
