// What --fix may touch: files of whoever runs it, and of nobody else, root included.
import type { Stats } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { KaroError } from '../../../src/base/errors.ts'
import { homePaths } from '../../../src/config/paths.ts'
import { configFile, homeDirectory, homeKey } from '../../../src/doctor/checks/home.ts'
import { spoolDirectory } from '../../../src/doctor/checks/terminal.ts'
import type { World } from '../../../src/doctor/world.ts'

const paths = homePaths({ KARO_HOME: '/nowhere/karo' })
const stat = (uid: number, mode: number, directory: boolean): Stats =>
  ({
    uid,
    mode,
    isDirectory: () => directory,
    isFile: () => !directory,
    isSymbolicLink: () => false,
  }) as Stats

/** Everything there is of `owner`, with modes that are too wide. */
function world(uid: number, owner: number): World {
  const files: Readonly<Record<string, Stats>> = {
    [paths.home]: stat(owner, 0o40777, true),
    [paths.db]: stat(owner, 0o40755, true),
    [paths.spool]: stat(owner, 0o40755, true),
    [paths.key]: stat(owner, 0o100644, false),
    [paths.config]: stat(owner, 0o100666, false),
  }
  return {
    ...{ paths, uid, service: false, socket: paths.socket, homeFlag: '', env: {} },
    stat: (path: string) => files[path] ?? 'missing',
    facts: async () => undefined,
    config: () => ({ error: new KaroError('bad_config', 'everybody may write', { where: paths.config }) }),
  } as unknown as World
}

describe.each([
  ['the directory', homeDirectory],
  ['the key', homeKey],
  ['the configuration', configFile],
  ['the spool', spoolDirectory],
])('%s', (_, probe) => {
  test('is mended where it is one’s own', async () => {
    const findings = [await probe(world(1000, 1000))].flat()
    expect(findings.flatMap(({ safe }) => safe ?? []).length).toBeGreaterThan(0)
  })

  test('of another user is shown to root with the command, and left', async () => {
    const findings = [await probe(world(0, 1000))].flat()
    expect(findings.some(({ outcome }) => outcome === 'fail' || outcome === 'warn')).toBe(true)
    expect(findings.flatMap(({ safe }) => safe ?? [])).toEqual([])
  })
})
