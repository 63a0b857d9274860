// `karo` alone: which steps it names, by what is there.
import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { brokenFile } from '../../../src/cli/start/broken-file.ts'
import { temporaryHome } from '../../support/node/node.ts'
import { commandLine } from '../../support/run/command-line.ts'
import { until } from '../../support/run/until.ts'

test('while no node runs, what needs one is no next step', async () => {
  const HOME = temporaryHome()
  const home = join(HOME, '.local/share/karo')
  mkdirSync(home, { recursive: true })
  writeFileSync(join(home, 'identity.key'), '')
  writeFileSync(join(HOME, '.bashrc'), ':  # karo shell hook\n')
  const { code, out } = await commandLine([], { env: { HOME, SHELL: '/bin/bash' } })
  const next = out.slice(out.indexOf('Next:'))
  expect([code, next]).toEqual([0, expect.stringContaining('karo up --background')])
  expect(next).toContain('karo check')
  expect(next).not.toContain('karo dashboard')
})

test('who logs in to a shell without a hook is told of the hooks in others', async () => {
  const HOME = temporaryHome()
  writeFileSync(join(HOME, '.bashrc'), ':  # karo shell hook\n')
  const { code, out } = await commandLine([], { env: { HOME, SHELL: '/bin/mksh' } })
  expect([code, out]).toEqual([0, expect.stringMatching(/new ones are recorded and guarded: .*bash/)])
  expect(out).not.toContain('karo shell install')
})

test('who logs in to a shell that has no hook is not told to install one', async () => {
  const { out } = await commandLine([], { env: { HOME: temporaryHome(), SHELL: '/bin/tcsh' } })
  expect(out).toContain('Next:')
  expect(out).not.toContain('karo shell install')
})

test('sh, which has no guard, is said to be recorded and not to be guarded', async () => {
  const HOME = temporaryHome()
  writeFileSync(join(HOME, '.shrc'), ':  # karo shell hook\n')
  const { out } = await commandLine([], { env: { HOME, SHELL: '/bin/dash' } })
  expect(out).toContain('new ones are recorded: sh; sh has no guard')
})

test('a guard that is strict because of a mistake says where the mistake is', async () => {
  const HOME = temporaryHome()
  const home = join(HOME, '.local/share/karo')
  mkdirSync(home, { recursive: true })
  writeFileSync(join(home, 'config.toml'), '[guard]\nprofil = "moderate"\n', { mode: 0o600 })
  const { out } = await commandLine([], { env: { HOME, SHELL: '/bin/bash' } })
  expect(out.replaceAll(/\s+/g, ' ')).toContain('config.toml:2: unknown key guard.profil')
})

test('a configuration that cannot be used is said, also where the guard needs nothing of it', async () => {
  const home = temporaryHome()
  writeFileSync(join(home, 'config.toml'), '[mesh]\nprot = 1\n', { mode: 0o600 })
  const { out } = await commandLine([], { env: { HOME: home, KARO_HOME: home, SHELL: '/bin/bash' } })
  expect(out.replaceAll(/\s+/g, ' ')).toMatch(/config\.toml:2: unknown key mesh\.prot.*cannot be used/)
})

test('beside a node only a file that was touched since the node began is read', async () => {
  const home = temporaryHome()
  const [file, socket] = [join(home, 'config.toml'), join(home, 'karo.sock')]
  writeFileSync(file, '[mesh]\nprot = 1\n', { mode: 0o600 })
  const touchedAfter = (one: string, other: string) => () => {
    chmodSync(one, 0o600)
    return statSync(one).ctimeMs > statSync(other).ctimeMs
  }
  writeFileSync(socket, '')
  await until(touchedAfter(socket, file), { what: 'a socket that is younger' })
  expect(await brokenFile(file, socket)).toBeUndefined()
  await until(touchedAfter(file, socket), { what: 'a file that is younger' })
  expect(await brokenFile(file, socket)).toContain('config.toml:2: unknown key mesh.prot')
})
