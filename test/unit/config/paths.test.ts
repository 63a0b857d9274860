// Where things are: KARO_HOME moves everything, XDG_RUNTIME_DIR only the socket of the default home.
import { chownSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { homePaths, servicePaths } from '../../../src/config/index.ts'
import { recordingPaths } from '../../../src/config/paths.ts'
import { temporaryDirectory } from '../../support/data/database.ts'

describe('homePaths', () => {
  test('with KARO_HOME everything is below it, the socket too', () => {
    expect({ ...homePaths({ KARO_HOME: '/k', HOME: '/h', XDG_RUNTIME_DIR: '/run/user/1' }) }).toEqual({
      home: '/k',
      config: '/k/config.toml',
      key: '/k/identity.key',
      db: '/k/db',
      thresholds: '/k/reports/state.json',
      spool: '/k/spool',
      shells: '/k/shells',
      lock: '/k/karo.lock',
      muscle: '/k/exec/sock',
      socket: '/k/karo.sock',
      binds: '/k/karo.sock',
    })
  })

  test('without it the home is in the data directory and the socket in the runtime directory', () => {
    const runtime = temporaryDirectory()
    const paths = homePaths({ HOME: '/h', XDG_RUNTIME_DIR: runtime })
    expect(paths.home).toBe('/h/.local/share/karo')
    expect(paths.socket).toBe(join(runtime, 'karo/karo.sock'))
    expect(homePaths({ HOME: '/h' }).socket).toBe('/h/.local/share/karo/karo.sock')
  })

  test('a runtime directory that is missing is none', () => {
    const runtime = temporaryDirectory()
    const socket = (XDG_RUNTIME_DIR: string) => homePaths({ HOME: '/h', XDG_RUNTIME_DIR }).socket
    const inHome = '/h/.local/share/karo/karo.sock'
    for (const none of [join(runtime, 'gone'), '']) expect(socket(none), none).toBe(inHome)
    expect(socket(runtime)).not.toBe(inHome)
  })

  test('a node is asked at its newest socket, whatever runtime directory was there when it was started', () => {
    const [HOME, XDG_RUNTIME_DIR] = [temporaryDirectory(), temporaryDirectory()]
    const [inHome, inRuntime] = [homePaths({ HOME }).binds, homePaths({ HOME, XDG_RUNTIME_DIR }).binds]
    const both = () => [homePaths({ HOME }).socket, homePaths({ HOME, XDG_RUNTIME_DIR }).socket]
    expect(both()).toEqual([inHome, inRuntime])
    for (const [at, socket] of [inHome, inRuntime].entries()) {
      mkdirSync(dirname(socket), { recursive: true })
      writeFileSync(socket, '')
      utimesSync(socket, at, at)
    }
    expect(both()).toEqual([inHome, inRuntime])
    utimesSync(inHome, 2, 2)
    expect(both()).toEqual([inHome, inHome])
    // A node that starts in the session listens where it always does.
    expect(homePaths({ HOME, XDG_RUNTIME_DIR }).binds).toBe(inRuntime)
  })

  test.runIf(process.getuid?.() === 0)('a runtime directory of another user is none', () => {
    const XDG_RUNTIME_DIR = temporaryDirectory()
    chownSync(XDG_RUNTIME_DIR, 61_281, 61_281)
    const { socket, binds } = homePaths({ HOME: '/h', XDG_RUNTIME_DIR })
    expect([socket, binds]).toEqual(Array(2).fill('/h/.local/share/karo/karo.sock'))
  })

  test('a relative KARO_HOME is resolved, an empty one is none, a missing HOME is asked of the system', () => {
    expect(homePaths({ KARO_HOME: 'x' }).home).toBe(`${process.cwd()}/x`)
    expect(homePaths({ KARO_HOME: '', HOME: '/h' }).home).toBe('/h/.local/share/karo')
    const ofSystem = `${userInfo().homedir}/.local/share/karo`
    expect(homePaths({}).home).toBe(ofSystem)
    // They would be another node in each directory.
    expect(homePaths({ HOME: '' }).home).toBe(ofSystem)
    expect(homePaths({ HOME: 'x' }).home).toBe(ofSystem)
  })

  test('no home is in /proc, where making a directory would never end', () => {
    for (const env of [
      { KARO_HOME: '/proc/nope' },
      { KARO_HOME: '/tmp/../proc' },
      { HOME: '/proc/self/home' },
    ])
      expect(() => homePaths(env), JSON.stringify(env)).toThrow('nobody can keep files in /proc')
    expect(homePaths({ KARO_HOME: '/process' }).home).toBe('/process')
  })

  test('a socket path may have 107 bytes, not characters; only its use is refused', () => {
    const ofBytes = (n: number): string => `/${'é'.repeat((n - '/karo.sock'.length - 1) / 2)}`
    const fits = homePaths({ KARO_HOME: ofBytes(107) })
    expect(Buffer.byteLength(fits.socket)).toBe(107)
    expect(Buffer.byteLength(fits.muscle)).toBe(107)
    const long = homePaths({ KARO_HOME: ofBytes(109) })
    expect(long.key).toContain('identity.key')
    expect(() => long.socket).toThrow(
      expect.objectContaining({ code: 'bad_config', hint: expect.any(String) }),
    )
  })
})

describe('servicePaths', () => {
  test('are those of the machine, or the ones that systemd names', () => {
    expect({ ...servicePaths({ KARO_HOME: '/k', HOME: '/h', XDG_RUNTIME_DIR: '/run/user/1' }) }).toEqual({
      home: '/var/lib/karo',
      config: '/etc/karo/config.toml',
      key: '/var/lib/karo/identity.key',
      db: '/var/lib/karo/db',
      thresholds: '/var/lib/karo/reports/state.json',
      spool: '/var/spool/karo',
      shells: '/var/lib/karo/shells',
      lock: '/var/lib/karo/karo.lock',
      muscle: '/run/karo-exec/karo-exec.sock',
      socket: '/run/karo/karo.sock',
      binds: '/run/karo/karo.sock',
    })
    const named = servicePaths({
      STATE_DIRECTORY: '/s:/other',
      RUNTIME_DIRECTORY: '/r',
      CONFIGURATION_DIRECTORY: '/c',
    })
    expect([named.db, named.socket, named.config]).toEqual(['/s/db', '/r/karo.sock', '/c/config.toml'])
  })
})

describe('recordingPaths', () => {
  const env = { HOME: '/h' }
  const machine = { whose: 'machine', spool: '/var/spool/karo', configuration: '/etc/karo' }
  const own = { whose: 'own', spool: '/h/.local/share/karo/spool', configuration: '/h/.local/share/karo' }

  test.each([
    ['nothing is there yet', [], own],
    ["the machine's daemon runs", ['/run/karo/karo.sock'], machine],
    ["the machine's has run and rests", ['/var/lib/karo', '/var/spool/karo'], machine],
    ['its package is there, and nothing runs its service', ['/var/spool/karo'], own],
    ['a node of their own', ['/h/.local/share/karo/identity.key'], own],
    ['one whose key is lost', ['/run/karo/karo.sock', '/var/spool/karo', '/h/.local/share/karo/db'], own],
    ['both', ['/run/karo/karo.sock', '/var/spool/karo', '/h/.local/share/karo/identity.key'], own],
  ])('%s', (_, there, where) => {
    expect(recordingPaths(env, (path) => there.includes(path))).toEqual(where)
  })

  test('a home that is named is meant, whatever else is there', () => {
    const named = { ...env, KARO_HOME: '/k' }
    expect(recordingPaths(named, () => true)).toEqual({
      whose: 'own',
      spool: '/k/spool',
      configuration: '/k',
    })
  })
})
