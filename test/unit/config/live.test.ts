// Which keys a running daemon takes over, and which wait for its restart.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createLiveConfig, loadConfig } from '../../../src/config/index.ts'
import { isLive, KEY_LIST } from '../../../src/config/table.ts'
import { temporaryDirectory } from '../../support/data/database.ts'

const loaded = (text: string) => {
  const home = temporaryDirectory()
  writeFileSync(join(home, 'config.toml'), text, { mode: 0o600 })
  return loadConfig({ home, env: {} })
}

test('whoever keeps the object sees new values of what is live, and old ones of the rest', () => {
  const { config, replace } = createLiveConfig(loaded('[sharing]\nk_min = 7\n[mesh]\nport = 1000\n'))
  expect([config.sharing.k_min, config.mesh.port]).toEqual([7, 1000])
  const next = loaded('[sharing]\nk_min = 9\n[mesh]\nport = 2000\n[log]\nlevel = "debug"\n')
  expect(replace(next)).toEqual({ applied: ['sharing.k_min', 'log.level'], waiting: ['mesh.port'] })
  expect([config.sharing.k_min, config.mesh.port, config.log.level]).toEqual([9, 1000, 'debug'])
  // Still waiting, whatever was reloaded since; set back to what is in force, no more.
  expect(replace(next)).toEqual({ applied: [], waiting: ['mesh.port'] })
  expect(replace(loaded('[mesh]\nport = 1000\n')).waiting).toEqual([])
})

test('every section with an effect is either live in the object, or not in the table', () => {
  const first = loaded('')
  const { config, replace } = createLiveConfig(first)
  const next = loaded('')
  replace(next)
  const sections = Object.keys(first.config) as (keyof typeof config)[]
  const live = sections.filter((section) => config[section] === next.config[section])
  const told = new Set(KEY_LIST.filter(isLive).map(({ path }) => path.split('.')[0]))
  expect(new Set(live)).toEqual(told)
})
