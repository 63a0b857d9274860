// A key with a passphrase, from outside: asked for without an echo, read from a file, or refused with nothing changed.
import { spawnSync } from 'node:child_process'
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  cleanEnv,
  ON_LOOPBACK,
  type Ran,
  runKaro,
  runProgram,
  startNode,
  temporaryHome,
} from '../../support/node/node.ts'
import { until } from '../../support/run/until.ts'
import { openBash } from '../../support/shell/pty.ts'

const KARO = join(import.meta.dirname, '../../../dist/karo.js')
const SECRET = 'vier Wörter sind besser'

const homeWithKey = async (): Promise<{ home: string; karo: Karo; nodeId: string }> => {
  const home = join(temporaryHome(), 'h')
  const karo = (args: readonly string[], input = '', env = {}): Promise<Ran> =>
    (args.includes('-') ? runProgram : runKaro)(args, cleanEnv(home, { ...ON_LOOPBACK, ...env }), input)
  const made = JSON.parse((await karo(['init', '--json'])).stdout) as { node_id: string }
  return { home, karo, nodeId: made.node_id }
}
type Karo = (args: readonly string[], input?: string, env?: Record<string, string>) => Promise<Ran>

const everything = (home: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(home, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => [
        join(parentPath, name),
        readFileSync(join(parentPath, name), 'latin1'),
      ]),
  )

test('protected from standard input, told without it, started with a file, refused without and with another', async () => {
  const { home, karo, nodeId } = await homeWithKey()
  const done = await karo(['identity', 'protect', '--passphrase-file', '-', '--json'], `${SECRET}\n`)
  expect(JSON.parse(done.stdout)).toMatchObject({ node_id: nodeId, protected: true })
  expect(JSON.parse((await karo(['identity', 'show', '--json'])).stdout)).toMatchObject({ node_id: nodeId })
  expect((await karo(['init', '--json'])).code).toBe(0)

  const before = everything(home)
  const none = await karo(['up'])
  expect(none.code).toBe(4)
  expect(none.stderr).toMatch(/passphrase, and none was given[\s\S]*identity\.passphrase_file/)
  const file = join(temporaryHome(), 'passphrase')
  writeFileSync(file, 'something else\n', { mode: 0o600 })
  const wrong = await karo(['up'], '', { KARO_IDENTITY_PASSPHRASE_FILE: file })
  expect(wrong.code).toBe(4)
  expect(wrong.stderr).toContain(`${file}: the passphrase in it does not open the key`)
  expect(wrong.stderr).not.toContain('Type it again')
  // No start gets further with these either, so the service is not to be started again.
  const gone = await karo(['up'], '', { KARO_IDENTITY_PASSPHRASE_FILE: `${file}.gone` })
  expect([gone.code, gone.stderr]).toEqual([4, expect.stringContaining(`${file}.gone`)])
  writeFileSync(file, '')
  expect((await karo(['up'], '', { KARO_IDENTITY_PASSPHRASE_FILE: file })).code).toBe(4)
  writeFileSync(file, `${SECRET}\n`)
  chmodSync(file, 0o644)
  const wide = await karo(['up'], '', { KARO_IDENTITY_PASSPHRASE_FILE: file })
  expect([wide.code, wide.stderr]).toEqual([4, expect.stringContaining(`chmod 600 ${file}`)])
  expect(everything(home)).toEqual(before)

  chmodSync(file, 0o600)
  const node = await startNode({ home, env: { KARO_IDENTITY_PASSPHRASE_FILE: file } })
  expect((await node.status()).node_id).toBe(nodeId)
  expect(node.log()).not.toContain(SECRET)
  expect(readFileSync(`/proc/${node.pid}/environ`, 'utf8')).not.toContain(SECRET)
  await node.stop()
  // As systemd hands it over.
  const credentials = temporaryHome()
  writeFileSync(join(credentials, 'karo-key-passphrase'), SECRET, { mode: 0o440 })
  const service = await startNode({ home, env: { CREDENTIALS_DIRECTORY: credentials } })
  expect((await service.status()).node_id).toBe(nodeId)
  await service.stop()

  const refused = await karo(['identity', 'unprotect', '--passphrase-file', '-'], 'something else')
  expect(refused.code).toBe(4)
  expect((await karo(['identity', 'unprotect', '--passphrase-file', '-'], SECRET)).code).toBe(0)
  expect(readFileSync(join(home, 'identity.key'), 'utf8')).toMatch(/^-----BEGIN PRIVATE KEY/)
})

test('what is too short is refused, and without a terminal nobody is asked', async () => {
  const { karo, home } = await homeWithKey()
  const before = everything(home)
  expect(await karo(['identity', 'protect', '--passphrase-file', '-'], 'seven77')).toMatchObject({ code: 2 })
  expect(await karo(['identity', 'protect', '--passphrase-file', '-'], '')).toMatchObject({ code: 1 })
  const mute = await karo(['identity', 'protect'])
  expect(mute.code).toBe(2)
  expect(mute.stderr).toContain('no terminal')
  expect(everything(home)).toEqual(before)
})

test('where nothing can be written the key stays as it was', async () => {
  const { home, nodeId } = await homeWithKey()
  const before = everything(home)
  // No file may grow: what is opened to be overwritten is empty from then on.
  const line = 'ulimit -f 0; exec "$0" "$@"'
  const args = ['-c', line, process.execPath, KARO, 'identity', 'protect', '--passphrase-file', '-']
  const ran = spawnSync('sh', args, { env: cleanEnv(home), input: SECRET, encoding: 'utf8' })
  expect(ran.status).toBe(1)
  expect(ran.stderr).toContain('the key cannot be written')
  expect(everything(home)).toEqual(before)
  expect(JSON.parse((await runKaro(['identity', 'show', '--json'], cleanEnv(home))).stdout)).toMatchObject({
    node_id: nodeId,
  })
})

test('at a terminal it is asked for and never shown', async () => {
  const { home, karo, nodeId } = await homeWithKey()
  const rc = join(temporaryHome(), 'rc')
  writeFileSync(rc, `karo() { '${process.execPath}' '${KARO}' "$@"; }\n`)
  const bash = await openBash({ rc, env: { KARO_HOME: home, ...ON_LOOPBACK } })
  const asked = (what: string, times = 1): Promise<unknown> =>
    until(() => bash.output().split(what).length > times, { what: `${what}, ${times} times` })

  bash.write('karo identity protect\r')
  await asked('New passphrase')
  bash.write(`${SECRET}\r`)
  await asked('The same again')
  bash.write('another one\r')
  await asked('the two passphrases differ')
  bash.write('karo identity protect\r')
  await asked('New passphrase', 2)
  // What was taken back, by character and as a whole, is not part of it.
  bash.write(`nonsense\x15${SECRET}ö\x7f\r`)
  await asked('The same again', 2)
  bash.write(`${SECRET}\r`)
  await asked('has a passphrase now')

  bash.write('karo up\r')
  await asked('Passphrase of the key')
  bash.write('not this one\r')
  await asked('does not open the key; try again')
  await asked('Passphrase of the key', 2)
  bash.write(`${SECRET}\r`)
  await until(async () => (await karo(['status', '--json'])).code === 0, { what: 'the daemon runs' })
  expect(JSON.parse((await karo(['status', '--json'])).stdout)).toMatchObject({ node_id: nodeId })
  const over = bash.prompts(1)
  bash.write('\x03')
  await over

  const last = bash.prompts(1)
  bash.write('karo up\r')
  await asked('Passphrase of the key', 3)
  bash.write('\x03')
  await last
  expect(await bash.run('echo $?')).toContain('130')
  // The terminal shows what is typed again.
  expect(await bash.run('echo still here')).toContain('echo still here')
  expect(bash.output()).not.toContain(SECRET)
})
