// What it costs to try a passphrase: unit tests make it cheaper for themselves, so that it is held here.
import { spawnSync } from 'node:child_process'
import { argon2Sync } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { systemRandom } from '../../src/base/clock.ts'
import {
  createIdentityFile,
  loadIdentity,
  passphraseKey,
  passphraseKeyLater,
  protectIdentityFile,
  SALT_BYTES,
} from '../../src/trust/identity/index.ts'
import { temporaryDirectory } from '../support/data/database.ts'

test('a key follows from a passphrase by argon2id with 64 MiB and three passes (RFC 9106, second recommended setting)', async () => {
  const [message, nonce] = [Buffer.from('a passphrase'), Buffer.alloc(SALT_BYTES, 7)]
  const cost = { memory: 64 * 1024, passes: 3, parallelism: 1, tagLength: 32 }
  const key = argon2Sync('argon2id', { ...cost, message, nonce })
  expect(passphraseKey(message, nonce, 'a test')).toEqual(key)
  expect(await passphraseKeyLater(message, nonce, 'a test')).toEqual(key)
})

describe('the file of a key', () => {
  const words = 'größe ist relativ'
  function made() {
    const path = join(temporaryDirectory(), 'identity.key')
    const { nodeId } = createIdentityFile(path, systemRandom)
    protectIdentityFile(path, Buffer.from(words), systemRandom)
    return { path, nodeId }
  }

  test('says that it takes scrypt with N = 2^14, r = 8 and p = 5 to open it, and does', () => {
    const { path, nodeId } = made()
    const [, body = ''] = /KEY-----\n([^-]+)\n/.exec(readFileSync(path, 'latin1')) ?? []
    // Three numbers in DER.
    expect(Buffer.from(body, 'base64').toString('hex')).toContain('02024000' + '020108' + '020105')
    expect(loadIdentity(path, Buffer.from(words)).nodeId).toBe(nodeId)
  })

  test.runIf(spawnSync('openssl', ['version']).status === 0)('is opened by openssl, which says how', () => {
    const { path, nodeId } = made()
    const openssl = (...args: string[]) => spawnSync('openssl', args, { encoding: 'utf8' }).stdout
    const open = join(temporaryDirectory(), 'identity.key')
    writeFileSync(open, openssl('pkcs8', '-in', path, '-passin', `pass:${words}`), { mode: 0o600 })
    expect(loadIdentity(open).nodeId).toBe(nodeId)
    expect(openssl('asn1parse', '-in', path)).toMatch(
      /PBES2[\s\S]*((id-)?scrypt|1\.3\.6\.1\.4\.1\.11591\.4\.11)[\s\S]*:4000[\s\S]*aes-256-cbc/,
    )
  })
})
