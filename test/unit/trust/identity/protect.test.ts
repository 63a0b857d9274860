// A key under a passphrase: standard bytes, nothing without it, damage noticed, the file never half of anything.
import { spawn, spawnSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { systemRandom } from '../../../../src/base/clock.ts'
import {
  createIdentityFile,
  isProtectedKey,
  loadIdentity,
  protectIdentityFile,
  readPassphraseFile,
  readPublicIdentity,
  unprotectIdentityFile,
} from '../../../../src/trust/identity/index.ts'
import { temporaryDirectory } from '../../../support/data/database.ts'
import { track } from '../../../support/run/processes.ts'
import { times } from '../../../support/run/thorough.ts'
import { until } from '../../../support/run/until.ts'

const SECRET = Buffer.from('größe ist relativ')
const newPath = (): string => join(temporaryDirectory(), 'identity.key')
const refused = (code: string, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) })

function protectedKey(): { path: string; nodeId: string } {
  const path = newPath()
  const { nodeId } = createIdentityFile(path, systemRandom)
  protectIdentityFile(path, SECRET, systemRandom)
  return { path, nodeId }
}

test('it is the same key behind it, and comes back', () => {
  const { path, nodeId } = protectedKey()
  expect(fs.statSync(path).mode & 0o7777).toBe(0o600)
  expect(fs.readdirSync(join(path, '..'))).toEqual(['identity.key'])
  expect(fs.readFileSync(path, 'utf8')).not.toContain('BEGIN PRIVATE KEY')
  expect(isProtectedKey(path)).toBe(true)
  expect(loadIdentity(path, SECRET).nodeId).toBe(nodeId)
  expect(unprotectIdentityFile(path, SECRET, systemRandom)).toMatchObject({ nodeId, isProtected: false })
  expect(isProtectedKey(path)).toBe(false)
  expect(loadIdentity(path).nodeId).toBe(nodeId)
})

test('who the node is can be told without the passphrase', () => {
  const { path, nodeId } = protectedKey()
  const { fingerprint } = loadIdentity(path, SECRET)
  expect(readPublicIdentity(path)).toEqual({ nodeId, fingerprint, isProtected: true })
  fs.writeFileSync(path, fs.readFileSync(path, 'utf8').replace(/^Node: .*\n/, ''))
  expect(() => readPublicIdentity(path)).toThrow(refused('bad_file', /names its node is missing/))
  expect(loadIdentity(path, SECRET).nodeId).toBe(nodeId)
})

test('without it, with another one, and a second time, it is refused and the file stays', () => {
  const { path } = protectedKey()
  const before = fs.readFileSync(path)
  expect(() => loadIdentity(path)).toThrow(refused('unauthorized', /none was given/))
  for (const wrong of ['', 'größe ist relativ ']) {
    expect(() => loadIdentity(path, Buffer.from(wrong))).toThrow(refused('unauthorized', /does not open/))
  }
  expect(() => unprotectIdentityFile(path, Buffer.from('Größe ist relativ'), systemRandom)).toThrow(
    /does not open/,
  )
  expect(() => protectIdentityFile(path, SECRET, systemRandom)).toThrow(refused('conflict', /already/))
  expect(fs.readFileSync(path)).toEqual(before)
  const open = newPath()
  createIdentityFile(open, systemRandom)
  expect(() => unprotectIdentityFile(open, SECRET, systemRandom)).toThrow(
    refused('conflict', /no passphrase/),
  )
})

test('an encrypted key of another kind is none of ours', () => {
  const path = newPath()
  const { privateKey } = generateKeyPairSync('x25519')
  const how = { format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: SECRET.toString() } as const
  fs.writeFileSync(path, privateKey.export(how), { mode: 0o600 })
  expect(() => loadIdentity(path, SECRET)).toThrow(refused('bad_file', /no Ed25519 private key/))
  expect(() => loadIdentity(path)).toThrow(refused('unauthorized', /none was given/))
})

test('no changed byte makes another key of it', () => {
  const { path, nodeId } = protectedKey()
  const text = fs.readFileSync(path, 'latin1')
  const body = text.indexOf('KEY-----\n') + 9
  // The last characters hold the seed and its padding: a change in front of them turns bits of the seed.
  for (let at = text.lastIndexOf('\n-----END') - 90; at < text.length - 40; at += times(3, 1)) {
    const other = text[at] === 'A' ? 'B' : 'A'
    fs.writeFileSync(path, text.slice(0, at) + other + text.slice(at + 1), 'latin1')
    let loaded: string | undefined
    try {
      loaded = loadIdentity(path, SECRET).nodeId
    } catch (error) {
      expect(error).toMatchObject({ name: 'KaroError' })
    }
    expect([undefined, nodeId], `byte ${at - body}`).toContain(loaded)
  }
})

describe.runIf(spawnSync('openssl', ['version']).status === 0)('openssl', () => {
  const openssl = (...args: string[]) => spawnSync('openssl', args, { encoding: 'utf8' })

  test('reads what is written here, and says how', () => {
    const { path } = protectedKey()
    const pass = `pass:${SECRET.toString()}`
    const plain = openssl('pkcs8', '-in', path, '-passin', pass)
    expect(plain.stdout).toContain('BEGIN PRIVATE KEY')
    const open = newPath()
    fs.writeFileSync(open, plain.stdout, { mode: 0o600 })
    expect(loadIdentity(open).nodeId).toBe(readPublicIdentity(path).nodeId)
    const asn1 = openssl('asn1parse', '-in', path).stdout
    expect(asn1).toMatch(/PBES2[\s\S]*((id-)?scrypt|1\.3\.6\.1\.4\.1\.11591\.4\.11)[\s\S]*aes-256-cbc/)
  })

  test('writes what is read here', () => {
    const path = newPath()
    const { nodeId } = createIdentityFile(path, systemRandom)
    const made = openssl('pkcs8', '-topk8', '-in', path, '-scrypt', '-passout', 'pass:other words')
    fs.writeFileSync(path, made.stdout)
    expect(loadIdentity(path, Buffer.from('other words')).nodeId).toBe(nodeId)
  })
})

test('killed at any moment, the file is the old one or the new one, and the next time leaves nothing beside it', async () => {
  const path = newPath()
  const { nodeId } = createIdentityFile(path, systemRandom)
  const module = join(import.meta.dirname, '../../../../src/trust/identity/index.ts')
  const clock = join(import.meta.dirname, '../../../../src/base/clock.ts')
  /** Writes a point when it begins and after each change; after `changes` of them it waits. */
  const code = (changes: number): string => `
    const k = await import(${JSON.stringify(module)})
    const { systemRandom } = await import(${JSON.stringify(clock)})
    const [path, secret] = [${JSON.stringify(path)}, Buffer.from(${JSON.stringify(SECRET.toString())})]
    process.stdout.write('.')
    for (let made = 1; ; made++) {
      if (k.isProtectedKey(path)) k.unprotectIdentityFile(path, secret, systemRandom)
      else k.protectIdentityFile(path, secret, systemRandom)
      process.stdout.write('.')
      if (made === ${changes}) await new Promise((resolve) => setTimeout(resolve, 600_000))
    }`
  let seen = 0
  for (let round = 0; round < times(4, 12); round++) {
    // Every other time behind a change, which protects the file or takes the passphrase off; else wherever it is then:
    // most of the time it computes, the rest it writes.
    const changes = round % 2
    const child = track(
      spawn(process.execPath, ['--input-type=module', '-e', code(changes)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      }),
    )
    let told = 0
    child.stdout.on('data', (dots: Buffer) => {
      told += dots.length
    })
    await until(() => told > changes, { what: `${changes} changes`, pollMs: 1 })
    if (changes === 0) await new Promise((resolve) => setTimeout(resolve, 60 * round))
    child.kill('SIGKILL')
    await new Promise((resolve) => child.once('close', resolve))
    if (isProtectedKey(path)) seen++
    expect(loadIdentity(path, SECRET).nodeId).toBe(nodeId)
  }
  expect(seen).toBeGreaterThan(0)
  if (isProtectedKey(path)) unprotectIdentityFile(path, SECRET, systemRandom)
  else protectIdentityFile(path, SECRET, systemRandom)
  expect(fs.readdirSync(join(path, '..'))).toEqual(['identity.key'])
})

test('a temporary file that was left by a kill goes with the next change', () => {
  const { path } = protectedKey()
  fs.writeFileSync(join(path, '..', '.identity.key.0123456789ab.tmp'), 'half')
  unprotectIdentityFile(path, SECRET, systemRandom)
  expect(fs.readdirSync(join(path, '..'))).toEqual(['identity.key'])
})

describe('a passphrase in a file', () => {
  const file = (content: string, mode = 0o600): string => {
    const path = join(temporaryDirectory(), 'passphrase')
    fs.writeFileSync(path, content)
    fs.chmodSync(path, mode)
    return path
  }

  test('is its line, whatever ends it', () => {
    for (const end of ['', '\n', '\r\n'])
      expect(readPassphraseFile(file(`ab c${end}`)).toString()).toBe('ab c')
    expect(readPassphraseFile(file('a\n\n')).toString()).toBe('a\n')
    expect(readPassphraseFile(file('x'.repeat(1024))).length).toBe(1024)
  })

  test('is refused when others may read it, or it is none', () => {
    for (const mode of [0o604, 0o620, 0o666, 0o601])
      expect(() => readPassphraseFile(file('words', mode)), mode.toString(8)).toThrow(
        refused('bad_file', /others/),
      )
    expect(readPassphraseFile(file('words', 0o640)).toString()).toBe('words')
    expect(readPassphraseFile(file('words', 0o444), true).toString()).toBe('words')
    expect(() => readPassphraseFile(file(''))).toThrow(refused('bad_file', /empty/))
    expect(() => readPassphraseFile(file('\n'))).toThrow(refused('bad_file', /empty/))
    expect(() => readPassphraseFile(file('x'.repeat(1025)))).toThrow(refused('bad_file', /longer/))
    expect(() => readPassphraseFile(temporaryDirectory())).toThrow(
      refused('bad_file', /regular file|cannot be read/),
    )
    expect(() => readPassphraseFile('/nonexistent')).toThrow(refused('bad_file', /cannot be read/))
  })
})
