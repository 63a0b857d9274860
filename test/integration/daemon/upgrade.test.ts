// Homes that earlier builds made start under this one, with all that was in them; neither a kill in the middle of it nor the way back loses anything.
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openArchive } from '../../../src/ops/care/archive.ts'
import { NEWEST_SCHEMA } from '../../../src/store/index.ts'
import {
  cleanEnv,
  ON_LOOPBACK,
  type Ran,
  runKaro,
  runProgram,
  startNode,
  type TestNode,
  temporaryHome,
} from '../../support/node/node.ts'
import { ended } from '../../support/run/processes.ts'
import { times } from '../../support/run/thorough.ts'

const EARLIER = join(import.meta.dirname, '../../support/earlier')
/** The schema of the database that each build wrote. */
const BUILDS = [
  ['854f4bc', 3],
  ['3fc4784', 5],
] as const

/** In a copy of so small a database: header, content and padding of five files, and the end. */
const PIECES = 15

function homeOf(build: string): string {
  const home = temporaryHome()
  execFileSync('tar', ['-xzf', join(EARLIER, `${build}.home.tar.gz`), '-C', home, '--no-same-owner'])
  return home
}

const karoIn = (home: string, ...args: readonly string[]): Promise<Ran> =>
  runKaro(args, cleanEnv(home, ON_LOOPBACK))
/** In a process of its own, which the fault kills. */
const killedIn = async (home: string, fault: string, ...args: readonly string[]): Promise<boolean> =>
  (await runProgram(args, cleanEnv(home, { ...ON_LOOPBACK, KARO_FAULT: fault }))).code === null

const copiesIn = (home: string): readonly string[] =>
  readdirSync(home).filter((name) => name.includes('before-upgrade'))

/** What was typed, decided and written down under the earlier build. Consent is not asked for after a restore, which withdraws it. */
async function expectAll(
  node: TestNode,
  { restored = false, last }: { restored?: boolean; last?: (node: TestNode) => Promise<void> } = {},
): Promise<void> {
  const { node_id } = await node.json<{ node_id: string }>(['identity', 'show'])
  expect(await node.status()).toMatchObject({ node_id, name: 'ash', health: { ready: true } })
  const { events } = await node.json<{ events: { command: string; exit_code: number | null }[] }>([
    'history',
    '--limit',
    '100',
  ])
  const typed = events.toReversed().map(({ command, exit_code }) => [command, exit_code])
  expect(typed).toEqual([
    ['kubectl get pods', null],
    ['kubectl logs web', null],
    ['ls -la', null],
    ['git status', 0],
    ['git push origin main', 0],
    ['make test', 1],
    ['docker ps', 0],
    ['sl', 127],
  ])
  // Imported lines have no exit code, and are not counted as successes since schema 6.
  expect(await node.json(['stats', 'year'])).toMatchObject({ total_commands: 8, failures: 2, unknown: 3 })
  const { peers } = await node.json<{ peers: { name: string; trust_level: string }[] }>(['peers'])
  expect(peers).toMatchObject([{ name: 'birch', trust_level: 'peer', why: 'tofu' }])
  expect(await node.json(['audit', 'verify'])).toMatchObject({ ok: true })
  const { tokens } = await node.json<{ tokens: { name: string }[] }>(['token', 'list'])
  expect(tokens.map(({ name }) => name)).toEqual(restored ? [] : ['script'])
  const share = await node.karo(['share', 'show'])
  expect(share.stdout.includes('birch')).toBe(true)
  await last?.(node)
  expect(await node.stop()).toMatchObject({ code: 0 })
}

test('kill -9 in karo config migrate leaves the file and a copy of it; at every step of the upgrade of the earliest build it loses nothing, and the next start makes no other copy', async () => {
  // It passes every migration that a later one does.
  const [[build, schema]] = BUILDS
  const home = homeOf(build)
  const config = join(home, 'config.toml')
  const before = readFileSync(config, 'utf8')
  expect(await killedIn(home, 'upgrade-step:1', 'config', 'migrate')).toBe(true)
  expect(readFileSync(config, 'utf8')).toBe(before)
  const { stdout } = await karoIn(home, 'config', 'migrate', '--json')
  const { kept } = JSON.parse(stdout) as { kept: string }
  expect(readFileSync(config, 'utf8')).not.toBe(before)
  // The way back.
  renameSync(kept, config)

  const copy = join(home, `before-upgrade-from-${schema}.tar`)
  let kills = 0
  for (let n = 1; ; n += n < PIECES ? times(PIECES - 1, 1) : 1) {
    const mtimeMs = existsSync(copy) ? statSync(copy).mtimeMs : 0
    const node = await startNode({ home, ready: false, env: { KARO_FAULT: `upgrade-step:${n}` } })
    await Promise.race([ended(node.process), node.ready().catch(() => {})])
    if (node.process.signalCode === null) {
      // What asks it passes no step.
      await expectAll(Object.assign(node, { karo: (args: readonly string[]) => karoIn(home, ...args) }))
      expect(statSync(copy).mtimeMs).toBe(mtimeMs)
      break
    }
    kills++
    // Whole or not there; always of what the earlier build wrote.
    if (!existsSync(copy)) continue
    const archive = await openArchive(copy)
    expect(archive.head.schema).toBe(schema)
    await archive.close()
  }
  // The first and the last piece of the copy, its place, and each migration.
  expect(kills).toBeGreaterThan(NEWEST_SCHEMA - schema + 2)
  await wayBack(home, schema)
})

test('a disk that takes no copy leaves the database as it was; with room it starts with what it had', async () => {
  const [, [build, schema]] = BUILDS
  const home = homeOf(build)
  const before = readFileSync(join(home, 'config.toml'), 'utf8')
  const name = `before-upgrade-from-${schema}.tar`
  // In the place of the temporary file.
  execFileSync('mkdir', ['-p', join(home, `.${name}.tmp/full`)])
  const full = await startNode({ home, ready: false })
  await ended(full.process)
  expect(full.log()).toContain(name)
  execFileSync('rm', ['-r', join(home, `.${name}.tmp`)])
  await expectAll(await startNode({ home }))
  expect(copiesIn(home)).toEqual([name])
  expect(readFileSync(join(home, 'config.toml'), 'utf8')).toBe(before)
  await wayBack(home, schema)
})

/** Beside its home lies a copy of this schema, which keeps nothing that is deleted; what was written since it was made stands aside. */
async function wayBack(home: string, schema: number): Promise<void> {
  const name = `before-upgrade-from-${schema}.tar`
  const copy = join(home, name)
  expect(statSync(copy).mode & 0o777).toBe(0o600)
  expect(readFileSync(copy).includes('PRIVATE KEY')).toBe(false)
  const back = await karoIn(home, 'restore', copy, '--replace')
  expect([back.code, back.stderr]).toEqual([0, ''])
  expect(back.stdout).not.toContain('other nodes do not recognise it')
  await expectAll(await startNode({ home }), {
    restored: true,
    // What is deleted for good is in no copy.
    async last(node) {
      expect(copiesIn(home)).toContain(name)
      expect((await node.karo(['history', 'delete', 'sl', '--yes'])).code).toBe(0)
      expect(copiesIn(home)).toEqual([])
    },
  })
}
