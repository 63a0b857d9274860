// A key with a passphrase: whether the next start will have it is told before that start fails; so is a key that is lost.
import { randomBytes } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { systemRandom } from '../../../../src/base/clock.ts'
import { credentialsOf, home as files } from '../../../../src/cli/doctor/checks/home.ts'
import { createWorld, type World } from '../../../../src/cli/doctor/world.ts'
import { ensureHome } from '../../../../src/cli/home.ts'
import { homePaths } from '../../../../src/config/paths.ts'
import { protectIdentityFile } from '../../../../src/trust/identity/index.ts'
import { temporaryDirectory } from '../../../support/data/database.ts'

const SECRET = randomBytes(12).toString('hex')

/** A home whose daemon does not run; `unit` is what systemd knows of it. */
function home(env: Readonly<Record<string, string>> = {}, unit?: string, service = false) {
  const directory = join(temporaryDirectory(), 'home')
  const paths = homePaths({ KARO_HOME: directory })
  ensureHome(paths)
  const look = (): Promise<unknown> => {
    const world: World = {
      ...createWorld({
        paths,
        service,
        socket: paths.socket,
        homeFlag: ` --home ${directory}`,
        env,
        now: Date.now,
        multicast: false,
        startFiles: () => [],
        toolHooks: () => [],
      }),
      run: async () =>
        unit === undefined ? { kind: 'missing' } : { kind: 'ran', code: 0, stdout: unit, stderr: '' },
    }
    return Promise.resolve(files['home.key'].look(world))
  }
  return { paths, look, protect: () => protectIdentityFile(paths.key, Buffer.from(SECRET), systemRandom) }
}

test('without one nothing is to be found', async () => {
  expect(await home().look()).toMatchObject({ outcome: 'ok' })
})

test('a passphrase that nothing gives is a warning; for the service, which nobody is asked for, a failure', async () => {
  const own = home()
  own.protect()
  expect(await own.look()).toMatchObject({
    outcome: 'warn',
    detail: expect.stringContaining('identity.passphrase_file is not set'),
  })
  const service = home({}, '[Service]\nLoadCredential=karo-key-passphrase\n', true)
  service.protect()
  expect(await service.look()).toMatchObject({
    outcome: 'fail',
    detail: expect.stringContaining('not start'),
  })
})

test('a file is tried: the right one is fine, any other fails the next start and the check', async () => {
  const file = join(temporaryDirectory(), 'passphrase')
  const { look, protect } = home({ KARO_IDENTITY_PASSPHRASE_FILE: file })
  protect()
  const failing = (detail: string) => ({ outcome: 'fail', detail: expect.stringContaining(detail) })
  expect(await look()).toMatchObject(failing(file))
  writeFileSync(file, `${SECRET}\n`, { mode: 0o600 })
  expect(await look()).toMatchObject({ outcome: 'ok' })
  writeFileSync(file, 'something else\n')
  expect(await look()).toMatchObject(failing('does not open the key'))
  rmSync(file)
  writeFileSync(file, `${SECRET}\n`, { mode: 0o644 })
  expect(await look()).toMatchObject({ outcome: 'fail', fix: `chmod 600 ${file}` })
})

test('a credential of the unit is one', async () => {
  const file = join(temporaryDirectory(), 'credential')
  writeFileSync(file, '', { mode: 0o600 })
  const { look, protect } = home({}, `LoadCredentialEncrypted=karo-key-passphrase:${file}`, true)
  protect()
  expect(await look()).toMatchObject({ outcome: 'ok' })
  rmSync(file)
  expect(await look()).toMatchObject({ outcome: 'fail' })
  expect(
    credentialsOf('LoadCredential=karo-key-passphrase:/a\nLoadCredential=\nLoadCredential=other:/b'),
  ).toEqual([])
  expect(credentialsOf('SetCredentialEncrypted=karo-key-passphrase: abc')).toEqual([undefined])
})

test('a key that is lost comes back from a backup, or another one is a person’s word', async () => {
  const { paths, look } = home()
  rmSync(paths.key)
  expect(await look()).toMatchObject({ outcome: 'fail', fix: `karo init --home ${paths.home}` })
  writeFileSync(join(paths.db, 'CURRENT'), '')
  expect(await look()).toMatchObject({
    outcome: 'fail',
    fix: expect.stringMatching(/only be restored from a backup[\s\S]*karo identity new --home/),
  })
})
