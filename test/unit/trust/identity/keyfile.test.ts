// The key file: made once with mode 0600, read back, and refused whenever somebody else could have had it.
import { spawnSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { isNodeId } from '../../../../protocols/node-id.ts'
import { systemRandom } from '../../../../src/base/clock.ts'
import { createIdentityFile, loadIdentity, verifySignature } from '../../../../src/trust/identity/index.ts'
import { temporaryDirectory } from '../../../support/data/database.ts'

const newPath = (): string => join(temporaryDirectory(), 'identity.key')
const refused = (code: string, message: RegExp, hint?: RegExp) =>
  expect.objectContaining({
    code,
    message: expect.stringMatching(message),
    ...(hint && { hint: expect.stringMatching(hint) }),
  })

describe('createIdentityFile', () => {
  test('makes a key that loads as the same identity, in a file only its owner reads', () => {
    const path = newPath()
    const made = createIdentityFile(path, systemRandom)
    const loaded = loadIdentity(path)
    expect(fs.statSync(path).mode & 0o7777).toBe(0o600)
    expect(fs.readdirSync(join(path, '..'))).toEqual(['identity.key'])
    expect(isNodeId(made.nodeId)).toBe(true)
    expect(loaded.nodeId).toBe(made.nodeId)
    expect(loaded.fingerprint).toMatch(/^[0-9a-f]{16}$/)
    expect(loaded.memberId).toBe(loaded.fingerprint)
    const message = Buffer.from('hello')
    expect(verifySignature(made.publicKey, message, loaded.sign(message))).toBe(true)
    expect(loaded.seed()).toEqual(made.seed())
  })

  test('has mode 0600 whatever the umask', () => {
    const path = newPath()
    const before = process.umask(0o377)
    try {
      createIdentityFile(path, systemRandom)
    } finally {
      process.umask(before)
    }
    expect(fs.statSync(path).mode & 0o7777).toBe(0o600)
  })

  test('never overwrites: a key, a directory or a dangling link stays what it is', () => {
    const path = newPath()
    const first = createIdentityFile(path, systemRandom)
    expect(() => createIdentityFile(path, systemRandom)).toThrow(refused('conflict', /already/))
    expect(loadIdentity(path).nodeId).toBe(first.nodeId)
    const link = `${path}.link`
    fs.symlinkSync('/nowhere', link)
    expect(() => createIdentityFile(link, systemRandom)).toThrow(refused('conflict', /already/))
    expect(fs.readdirSync(join(path, '..')).sort()).toEqual(['identity.key', 'identity.key.link'])
  })

  test('says when the directory is missing', () => {
    const path = join(newPath(), 'deeper', 'identity.key')
    expect(() => createIdentityFile(path, systemRandom)).toThrow(refused('bad_file', /cannot be written/))
  })

  test('shows no secret when an identity is printed', () => {
    const identity = createIdentityFile(newPath(), systemRandom)
    const seed = Buffer.from(identity.seed())
    const printed = inspect(identity, { depth: 9, showHidden: true }) + JSON.stringify(identity)
    for (const form of ['hex', 'base64', 'base64url'] as const) {
      expect(printed).not.toContain(seed.toString(form))
    }
    expect(printed).not.toContain([...seed.subarray(0, 4)].join(', '))
  })
})

describe('loadIdentity refuses', () => {
  test.each([0o640, 0o604, 0o620, 0o602, 0o610, 0o700, 0o644, 0o777, 0o4600])('mode %o', (mode) => {
    const path = newPath()
    createIdentityFile(path, systemRandom)
    fs.chmodSync(path, mode)
    expect(() => loadIdentity(path)).toThrow(
      refused('bad_file', /wider than 0600/, /chmod 600 .*identity\.key/),
    )
  })

  test('but takes a narrower mode', () => {
    const path = newPath()
    const { nodeId } = createIdentityFile(path, systemRandom)
    fs.chmodSync(path, 0o400)
    expect(loadIdentity(path).nodeId).toBe(nodeId)
  })

  test('nothing there', () => {
    expect(() => loadIdentity(newPath())).toThrow(refused('bad_file', /no key yet/, /karo init/))
  })

  test('a symbolic link, even to a good key', () => {
    const path = newPath()
    createIdentityFile(path, systemRandom)
    fs.symlinkSync(path, `${path}.link`)
    expect(() => loadIdentity(`${path}.link`)).toThrow(refused('bad_file', /symbolic link/))
  })

  test('a directory, and a FIFO without waiting for a writer', () => {
    const path = newPath()
    fs.mkdirSync(path)
    expect(() => loadIdentity(path)).toThrow(refused('bad_file', /regular file/))
    const fifo = `${path}.fifo`
    expect(spawnSync('mkfifo', ['-m', '600', fifo]).status).toBe(0)
    expect(() => loadIdentity(fifo)).toThrow(refused('bad_file', /regular file/))
  })

  test.skipIf(process.geteuid?.() !== 0)("somebody else's file", () => {
    const path = newPath()
    createIdentityFile(path, systemRandom)
    fs.chownSync(path, 12345, 12345)
    expect(() => loadIdentity(path)).toThrow(refused('bad_file', /belongs to user 12345/))
  })

  const other = (type: 'x25519' | 'ec' | 'rsa'): string => {
    const pair =
      type === 'x25519'
        ? generateKeyPairSync('x25519')
        : type === 'ec'
          ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
          : generateKeyPairSync('rsa', { modulusLength: 2048 })
    return pair.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
  }
  const publicPem = generateKeyPairSync('ed25519').publicKey.export({ format: 'pem', type: 'spki' })

  test.each([
    ['an empty file', ''],
    ['text', 'not a key\n'],
    ['half a key', '-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA'],
    ['a public key', publicPem.toString()],
    ['an X25519 key', other('x25519')],
    ['a P-256 key', other('ec')],
    ['an RSA key', other('rsa')],
    ['something large', 'A'.repeat(100_000)],
  ])('%s', (_, content) => {
    const path = newPath()
    fs.writeFileSync(path, content, { mode: 0o600 })
    expect(() => loadIdentity(path)).toThrow(refused('bad_file', /no Ed25519 private key/))
  })

  test('and never quotes what is in the file', () => {
    const path = newPath()
    fs.writeFileSync(path, '-----BEGIN PRIVATE KEY-----\nc2VjcmV0c2VjcmV0\n-----END PRIVATE KEY-----\n', {
      mode: 0o600,
    })
    let error: unknown
    try {
      loadIdentity(path)
    } catch (e) {
      error = e
    }
    expect(inspect(error, { depth: 9 })).not.toMatch(/c2VjcmV0|secret/)
  })
})
