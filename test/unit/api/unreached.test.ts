// Why a daemon was not reached, where no node was made yet and where its runtime directory is gone since the machine started.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { explain } from '../../../src/api/contract/client/explain.ts'
import { homePaths } from '../../../src/config/paths.ts'

const place = mkdtempSync(join(tmpdir(), 'karo-unreached-'))
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(place, { recursive: true, force: true })
})

test('a node whose runtime directory is gone is set up, and one without a home is not', () => {
  vi.stubEnv('HOME', place)
  vi.stubEnv('KARO_HOME', undefined)
  vi.stubEnv('XDG_RUNTIME_DIR', join(place, 'run'))
  const { socket, home } = homePaths(process.env)
  const said = (): string => explain(Object.assign(new Error('gone'), { code: 'ENOENT' }), socket).message
  expect(said()).toContain('no node is set up')
  mkdirSync(home, { recursive: true })
  expect(said()).toContain('is not running')
})
