// What it costs to try a passphrase: unit tests make it cheaper for themselves, so that it is held here.
import { argon2Sync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { systemRandom } from '../../src/base/clock.ts'
import {
  createIdentityFile,
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

test('the file of a key says that it takes scrypt with N = 2^14, r = 8 and p = 5 to open it', () => {
  const path = join(temporaryDirectory(), 'identity.key')
  createIdentityFile(path, systemRandom)
  protectIdentityFile(path, Buffer.from('a passphrase'), systemRandom)
  const [, body = ''] = /KEY-----\n([^-]+)\n/.exec(readFileSync(path, 'latin1')) ?? []
  // Three numbers in DER.
  expect(Buffer.from(body, 'base64').toString('hex')).toContain('02024000' + '020108' + '020105')
})
