// An encrypted backup of a running node, as a person makes and opens it: with a key, with a passphrase at a terminal, and
// with the program `age`; the restored node has no invite that could be used twice.
import { spawnSync } from 'node:child_process'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { cleanEnv, ON_LOOPBACK, runProgram, startNode, temporaryHome } from '../../support/node/node.ts'
import { until } from '../../support/run/until.ts'
import { inTerminal } from '../../support/shell/terminal-run.ts'

const PASSPHRASE = 'correct horse battery'
const hasAge = spawnSync('age', ['--version']).status === 0

test.runIf(hasAge)('encrypted for a key, or with a passphrase', async () => {
  const node = await startNode({ name: 'source' })
  const directory = temporaryHome()
  const at = (name: string): string => join(directory, name)
  const founded = await node.karo(
    ['ca', 'init', '--root-key', at('root.key'), '--passphrase-file', '-'],
    'horse battery staple correct',
  )
  expect(founded.code).toBe(0)
  expect((await node.karo(['invite', '--uses', '3'])).code).toBe(0)

  expect(spawnSync('age-keygen', ['-o', at('key.txt')]).status).toBe(0)
  const recipient = spawnSync('age-keygen', ['-y', at('key.txt')], { encoding: 'utf8' }).stdout.trim()
  const made = await node.karo(['backup', at('key.age'), '--to', recipient])
  expect([made.code, made.stderr]).toEqual([0, ''])
  expect(made.stdout).toContain('encrypted for')
  expect(statSync(at('key.age')).mode & 0o777).toBe(0o600)
  expect(readFileSync(at('key.age')).includes('PRIVATE KEY')).toBe(false)
  const opened = spawnSync('age', ['--decrypt', '--identity', at('key.txt'), at('key.age')])
  expect(opened.status).toBe(0)
  const listed = spawnSync('tar', ['--list'], { input: opened.stdout, encoding: 'utf8' })
  expect(listed.stdout.split('\n')).toEqual(expect.arrayContaining(['identity.key', 'manifest.blake3']))

  // Typed twice at a terminal, where it is not shown.
  const asked = inTerminal(['backup', at('words.age'), '--passphrase'], node.home, { COLUMNS: '80' })
  await until(() => asked.shown().includes('New passphrase'), { what: 'it asks' })
  asked.write(`${PASSPHRASE}\r`)
  await until(() => asked.shown().includes('same again'), { what: 'it asks again' })
  asked.write(`${PASSPHRASE}\r`)
  expect([await asked.ended(), asked.shown()]).toEqual([0, expect.stringContaining('with a passphrase')])
  expect(asked.shown()).not.toContain(PASSPHRASE)
  const { entries } = await node.json<{ entries: { details: object }[] }>([
    'audit',
    'log',
    '--type',
    'backup_made',
  ])
  expect(entries.map(({ details }) => details)).toMatchObject([{ encrypted: true }, { encrypted: true }])
  await node.stop()

  const env = cleanEnv(directory, ON_LOOPBACK)
  const karo = (...args: string[]) => runProgram(args, env)
  writeFileSync(at('words'), `${PASSPHRASE}\n`, { mode: 0o600 })
  const restored = await karo(
    'restore',
    at('words.age'),
    '--home',
    at('two'),
    '--passphrase-file',
    at('words'),
  )
  expect([restored.code, restored.stderr]).toEqual([0, ''])
  expect(restored.stdout).toContain('Open invites of the backup are cancelled (1)')
  const home = at('one')
  expect((await karo('restore', at('key.age'), '--home', home, '--identity-file', at('key.txt'))).code).toBe(
    0,
  )
  const next = await startNode({ home })
  const { invites } = await next.json<{ invites: object[] }>(['invite', 'list'])
  expect(invites).toMatchObject([{ state: 'cancelled' }])
})
