// karo stop, karo alone, and what starts a node that is kept: against homes without a daemon.
import { spawn } from 'node:child_process'
import { existsSync, lstatSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createLock } from '../../../src/ops/system/lock.ts'
import { temporaryDirectory } from '../../support/data/database.ts'
import { karo as played } from '../../support/node/played-daemon.ts'
import { commandLine } from '../../support/run/command-line.ts'

const karo = (home: string, ...words: string[]) => {
  const env = { HOME: home, KARO_HOME: join(home, 'node'), PATH: process.env.PATH, SHELL: '/bin/bash' }
  return commandLine(words, { env })
}

test('without a node there is nothing to stop, and that is no error', async () => {
  const home = temporaryDirectory()
  expect(await karo(home, 'stop')).toMatchObject({ code: 0, out: 'No node runs here.\n' })
  expect(JSON.parse((await karo(home, 'stop', '--json')).out)).toEqual({ stopped: false, pid: null })
})

test('the process that holds the home is ended, and it is said what starts it again', async () => {
  const home = temporaryDirectory()
  await karo(home, 'init', '--solo')
  const child = spawn('sleep', ['1000'], { stdio: 'ignore' })
  const lock = join(home, 'node', 'karo.lock')
  await createLock(lock).start(new AbortController().signal)
  // The lock of a daemon, with the number and start of the process that is to be ended.
  const stat = readFileSync(`/proc/${child.pid}/stat`, 'latin1')
  const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  const { started } = JSON.parse(readFileSync(lock, 'utf8')) as { started: string }
  writeFileSync(lock, JSON.stringify({ pid: child.pid, started: started.replace(/\d+$/, ticks!) }))
  const ended = new Promise((resolve) => child.once('exit', (_, signal) => resolve(signal)))
  const { code, out } = await karo(home, 'stop')
  expect([code, await ended]).toEqual([0, 'SIGTERM'])
  expect(out).toContain(`Stopped (process ${child.pid})`)
  expect(out).toContain(`karo --home ${join(home, 'node')} up --background`)
})

test('karo alone says where one stands and what is next, before anything is set up and after', async () => {
  const home = temporaryDirectory()
  const fresh = await karo(home)
  expect(fresh.code).toBe(0)
  expect(fresh.out).toContain('not set up here yet')
  expect(fresh.out).toMatch(/Next:\n +karo .*init --solo/)
  expect(existsSync(join(home, 'node'))).toBe(false)
  await karo(home, 'init', '--solo')
  const made = await karo(home)
  expect(made.out).toContain('does not run')
  expect(made.out).toMatch(/up --background[^\n]*\n +karo .*shell install/)
  expect(made.out.split('\n').length).toBeLessThanOrEqual(15)
  expect((await karo(home, '--json')).code).toBe(3)
})

test('what was set waits for the start of a node that does not run, unless commands read it', async () => {
  const home = temporaryDirectory()
  await karo(home, 'init', '--solo')
  const { code, out } = await karo(home, 'config', 'set', 'access.askers', 'root')
  expect([code, out]).toEqual([0, expect.stringContaining("In force from the node's next start on.")])
  const reload = await karo(home, 'config', 'reload')
  expect([reload.code, reload.err]).toEqual([3, expect.stringContaining('up --background')])
  expect((await karo(home, 'config', 'set', 'guard.profile', 'strict')).out).toContain('In force at once.')
})

test.each([
  ['retention.events_days', 10, 'Once an hour, commands older than 10 days are removed for good.'],
  ['retention.rollups_days', 90, 'Once an hour, counts of hours and days older than 90 days are'],
  ['retention.audit_days', 30, 'Once an hour, entries of the ledger older than 30 days are'],
  ['processes.keep_days', 7, 'Once an hour, records of processes older than 7 days are'],
  ['retention.events_days', 0, undefined],
  ['reports.thresholds.missing', 10, undefined],
] as const)('whoever sets %s to %j is told what that deletes', async (key, value, says) => {
  const home = temporaryDirectory()
  await karo(home, 'init', '--solo')
  const source = (of: string) => ({
    'GET /api/v1/config': {
      file: null,
      problem: null,
      keys: [{ key, description: '', default: '0 days', value: `${value}`, source: of, waits: null }],
    },
    'POST /api/v1/config/reload': { applied: [key], waiting: [] },
  })
  const told = [
    (await karo(home, 'config', 'set', key, `${value}`)).out,
    (await played(source('config.toml:2'), 'config', 'set', key, `${value}`)).out,
  ]
  for (const out of told)
    expect(out).toEqual(says ? expect.stringContaining(says) : expect.not.stringContaining('removed'))
  // What the fleet says is in force, and was said when it was signed.
  const over = await played(source('fleet edition 3'), 'config', 'set', key, `${value}`)
  expect(over.out).toContain('Not in force')
  expect(over.out).not.toContain('removed')
  // Where the file does not say it any more, the fleet's value is in force.
  const unset = await played(source('fleet edition 3'), 'config', 'unset', key)
  expect(unset.out).toContain('In force now.')
})

test('a key that is taken out has its default again, or what the fleet says', async () => {
  const home = temporaryDirectory()
  await karo(home, 'init', '--solo')
  const file = join(home, 'node', 'config.toml')
  await karo(home, 'config', 'set', 'guard.profile', 'strict')
  const { code, out } = await karo(home, 'config', 'unset', 'guard.profile')
  expect([code, out]).toEqual([0, 'guard.profile = "moderate" (default)\nIn force at once.\n'])
  const before = readFileSync(file, 'utf8')
  expect(before).not.toContain('strict')
  // What is not in the file leaves it as it was.
  const same = await karo(home, 'config', 'unset', 'mesh.port')
  expect([same.code, same.out]).toEqual([
    0,
    expect.stringMatching(/^mesh\.port = 9238 \(default\)\nNothing was changed: it was so before\.\n/),
  ])
  const fleet = { edition: 3, settings: { 'guard.profile': 'strict' }, follow: ['*'] }
  writeFileSync(join(home, 'node', 'fleet.json'), JSON.stringify(fleet))
  const json = await karo(home, 'config', 'unset', 'guard.profile', '--json')
  expect(JSON.parse(json.out)).toMatchObject({ key: 'guard.profile', value: 'strict', in_force: 'at once' })
  expect((await karo(home, 'config', 'unset', 'guard.profile')).out).toContain('"strict" (fleet edition 3)')
  const env = { HOME: home, KARO_HOME: join(home, 'node'), PATH: process.env.PATH, KARO_ACCESS_ASKERS: 'eve' }
  const { out: shown, err } = await commandLine(['config', 'unset', 'access.askers'], { env })
  // The variable is this command's own, and the node may run without it.
  expect([shown, err]).toEqual([
    expect.not.stringContaining('eve'),
    expect.stringContaining('KARO_ACCESS_ASKERS'),
  ])
  expect((await karo(home, 'config', 'unset', 'guard.profil')).err).toContain('Did you mean guard.profile?')
  expect(readFileSync(file, 'utf8')).toBe(before)
})

test('a configuration that is a link into a collection of settings stays one', async () => {
  const home = temporaryDirectory()
  mkdirSync(join(home, 'node'), { mode: 0o700 })
  const real = join(home, 'config.toml')
  const link = join(home, 'node', 'config.toml')
  writeFileSync(real, '[sharing]\ndeny.untrusted = true\n', { mode: 0o600 })
  symlinkSync(real, link)
  for (const [line, written] of [
    ['config migrate', '#deny.untrusted = true'],
    ['init --solo', 'mdns = false'],
    ['config set access.askers ann', '"ann"'],
  ] as const) {
    expect((await karo(home, ...line.split(' '))).code, line).toBe(0)
    expect([lstatSync(link).isSymbolicLink(), readFileSync(real, 'utf8')], line).toEqual([
      true,
      expect.stringContaining(written),
    ])
  }
})

test('a key in the wrong section, or without one, brings those that were meant', async () => {
  const home = temporaryDirectory()
  for (const [key, meant] of [
    ['history.profile', 'guard.profile'],
    ['port', 'mesh.port or http.port'],
    ['guard.profil', 'guard.profile'],
  ] as const)
    expect((await karo(home, 'config', 'set', key, 'x')).err, key).toContain(`Did you mean ${meant}?`)
})

test('+ adds to what the file says, and not to the environment', async () => {
  const home = temporaryDirectory()
  await karo(home, 'init', '--solo')
  await karo(home, 'config', 'set', 'access.askers', 'ann')
  const env = { HOME: home, KARO_HOME: join(home, 'node'), PATH: process.env.PATH, KARO_ACCESS_ASKERS: 'eve' }
  const { out } = await commandLine(['config', 'set', 'access.askers', '+bob', '--json'], { env })
  expect(JSON.parse(out).value).toEqual(['ann', 'bob'])
})

test('+ adds to what the file says, and not to what the fleet says', async () => {
  const home = temporaryDirectory()
  await karo(home, 'init', '--solo')
  const fleet = { edition: 3, settings: { 'history.redact': ['acme-\\d+'] }, follow: ['*'] }
  writeFileSync(join(home, 'node', 'fleet.json'), JSON.stringify(fleet))
  const { out } = await karo(home, 'config', 'set', 'history.redact', '+own-\\d+', '--json')
  expect(JSON.parse(out).value).toEqual(['own-\\d+'])
  const now = JSON.parse((await karo(home, 'config', 'get', 'history.redact', '--json')).out)
  expect(now.value).toEqual(['own-\\d+', 'acme-\\d+'])
})

test('one word with blanks in it asks', async () => {
  const { code, out } = await karo(temporaryDirectory(), 'find files larger than 100 MB')
  expect([code, out]).toEqual([0, expect.stringContaining('find . -type f -size +100M')])
})
