// A restore has its home for itself, and says what it left: nothing changed, or a last step that the next one makes.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { systemRandom } from '../../../../src/base/clock.ts'
import { type Faults, noFaults } from '../../../../src/base/run/faults.ts'
import { homePaths } from '../../../../src/config/paths.ts'
import { isReady } from '../../../../src/ops/care/finish.ts'
import { type RestoreOptions, restoreNode } from '../../../../src/ops/care/restore.ts'
import { holdHome } from '../../../../src/ops/system/home-lock.ts'
import { createLock } from '../../../../src/ops/system/lock.ts'
import {
  createIdentityFile,
  loadIdentity,
  prepareRotation,
  protectIdentityFile,
  switchIdentityFile,
} from '../../../../src/trust/identity/index.ts'
import { CONFIG_IN_BACKUP, madeBackup } from '../../../support/data/backup.ts'
import { temporaryDirectory } from '../../../support/data/database.ts'

const NOW = 1_795_000_000_000

async function restoring(changes: Partial<RestoreOptions> = {}, key?: Parameters<typeof madeBackup>[3]) {
  const directory = temporaryDirectory()
  const file = await madeBackup(directory, NOW, 'source', key)
  const home = join(directory, 'home')
  mkdirSync(home, { mode: 0o700 })
  writeFileSync(join(home, 'config.toml'), '# of before\n')
  const paths = homePaths({ KARO_HOME: home })
  const again = (more: Partial<RestoreOptions> = {}) =>
    restoreNode({
      file,
      paths,
      replace: true,
      now: NOW,
      faults: noFaults,
      ...changes,
      ...more,
    })
  return { home, paths, again, config: () => readFileSync(join(home, 'config.toml'), 'utf8') }
}

/** Asked in another process, which sees no more of this one than the kernel tells it. */
function isHeld(home: string): boolean {
  const { status } = spawnSync('flock', ['--nonblock', home, 'true'])
  return status === 1
}

test('nobody else can have the home from the first look to the last step', async () => {
  const seen: [string, boolean][] = []
  const { home, again } = await restoring({
    onStep: (text) => void seen.push([text, isHeld(home)]),
    faults: { hit: () => void seen.push(['a step', isHeld(home)]) },
  })
  await again()
  expect(seen.length).toBeGreaterThan(5)
  expect(seen.filter(([, held]) => !held)).toEqual([])
  expect(isHeld(home)).toBe(false)
})

test('Ctrl-C before the backup takes its place leaves nothing of it in the home', async () => {
  const last: (() => void)[] = []
  const seen: string[][] = []
  const { home, again, config } = await restoring({
    beforeEnd(discard) {
      // Of a restore of an earlier version, which was killed.
      mkdirSync(join(home, '.restoring-x1'))
      last.push(discard)
      return () => void last.pop()
    },
    faults: {
      hit() {
        seen.push(readdirSync(home))
        for (const discard of last) discard()
        seen.push(readdirSync(home))
        throw new Error('ended')
      },
    },
  })
  await expect(again()).rejects.toThrow()
  expect(seen).toEqual([['.restoring', 'config.toml'], ['config.toml']])
  expect(last).toEqual([])
  expect(config()).toBe('# of before\n')
})

test('a home that somebody has is left alone, as is one that somebody makes meanwhile', async () => {
  const { home, paths, again, config } = await restoring()
  const letGo = await holdHome(paths)
  await expect(again()).rejects.toMatchObject({ code: 'conflict', where: home })
  letGo()
  expect(config()).toBe('# of before\n')
  const other = homePaths({ KARO_HOME: join(home, 'other') })
  let held: Promise<() => void> | undefined
  const onStep = (): void => {
    mkdirSync(other.home)
    held = holdHome(other)
  }
  await expect(again({ paths: other, onStep })).rejects.toMatchObject({ code: 'conflict' })
  expect(readdirSync(other.home)).toEqual([])
  ;(await held)?.()
})

test('where a daemon runs it is said how that is stopped: the service by systemd, another one by karo stop', async () => {
  const { paths, again } = await restoring()
  const letGo = await holdHome(paths)
  const lock = createLock(paths.lock)
  await lock.start(new AbortController().signal)
  const hint = (of: string) => ({ code: 'conflict', hint: expect.stringContaining(of) })
  await expect(again()).rejects.toMatchObject(hint('karo stop'))
  await expect(again({ service: true })).rejects.toMatchObject(hint('sudo systemctl stop karo'))
  await lock.stop()
  letGo()
})

test('an error before the backup counts changes nothing; one after it says what is left to do', async () => {
  const seen: string[] = []
  for (let step = 1; ; step++) {
    let left = step
    const faults: Faults = {
      hit() {
        if (--left === 0) throw new Error('the disk is gone')
      },
    }
    const { home, again, config } = await restoring()
    const { hint } = (await again({ faults }).catch((error: unknown) => error)) as { hint?: string }
    if (hint === undefined) break
    const ready = isReady(home)
    seen.push(ready ? 'ready' : 'nothing')
    if (ready) {
      expect(hint).toContain('finishes the restore')
      expect(hint).not.toContain('Nothing was changed')
    } else {
      expect(hint).toContain('Nothing was changed')
      expect(config()).toBe('# of before\n')
      expect(readdirSync(home)).toEqual(['config.toml'])
    }
    // What is left is done before anything else is looked at.
    await again({ replace: false }).catch(() => {})
    expect(isReady(home)).toBe(false)
    expect([config(), existsSync(join(home, 'db'))]).toEqual(
      ready ? [CONFIG_IN_BACKUP, true] : ['# of before\n', false],
    )
  }
  expect([...new Set(seen)]).toEqual(['nothing', 'ready'])
})

test('a key that was rotated after the backup stays, also under a passphrase and while it is being rotated; another one gives way', async () => {
  const made = join(temporaryDirectory(), 'identity.key')
  const first = createIdentityFile(made, systemRandom)
  const bytes = readFileSync(made)
  const words = Buffer.from('correct horse battery')
  const keys: Record<string, string> = {}
  prepareRotation(made, undefined, NOW, systemRandom)
  keys.begun = readFileSync(made, 'latin1')
  switchIdentityFile(made, loadIdentity(made).pending!.identity, systemRandom)
  keys.rotated = readFileSync(made, 'latin1')
  protectIdentityFile(made, words, systemRandom)
  prepareRotation(made, words, NOW, systemRandom)
  switchIdentityFile(made, loadIdentity(made, words).pending!.identity, systemRandom)
  keys.twice = readFileSync(made, 'latin1')
  const other = join(temporaryDirectory(), 'identity.key')
  createIdentityFile(other, systemRandom)
  keys.other = readFileSync(other, 'latin1')
  keys.same = bytes.toString('latin1')
  for (const [what, text] of Object.entries(keys)) {
    const { paths, again } = await restoring({}, { node_id: first.nodeId, bytes })
    writeFileSync(paths.key, text, { mode: 0o600 })
    const { keyKept } = await again()
    const stays = ['begun', 'rotated', 'twice'].includes(what)
    expect([what, keyKept, readFileSync(paths.key, 'latin1') === text]).toEqual([
      what,
      stays,
      stays || what === 'same',
    ])
  }
})

test('a backup of a rotated node brings back its whole lineage', async () => {
  const made = join(temporaryDirectory(), 'identity.key')
  const first = createIdentityFile(made, systemRandom)
  prepareRotation(made, undefined, NOW, systemRandom)
  switchIdentityFile(made, loadIdentity(made).pending!.identity, systemRandom)
  const { nodeId } = loadIdentity(made)
  const { paths, again } = await restoring({}, { node_id: nodeId, bytes: readFileSync(made) })
  expect((await again()).keyKept).toBe(false)
  expect(loadIdentity(paths.key)).toMatchObject({
    nodeId,
    memberId: first.fingerprint,
    former: [{ nodeId: first.nodeId }],
  })
})
