// What it costs to try a passphrase: unit tests make it cheaper for themselves, so that it is held here.
import { argon2Sync } from 'node:crypto'
import { expect, test } from 'vitest'
import { passphraseKey, passphraseKeyLater, SALT_BYTES } from '../../src/trust/identity/index.ts'

test('a key follows from a passphrase by argon2id with 64 MiB and three passes (RFC 9106, second recommended setting)', async () => {
  const [message, nonce] = [Buffer.from('a passphrase'), Buffer.alloc(SALT_BYTES, 7)]
  const cost = { memory: 64 * 1024, passes: 3, parallelism: 1, tagLength: 32 }
  const key = argon2Sync('argon2id', { ...cost, message, nonce })
  expect(passphraseKey(message, nonce, 'a test')).toEqual(key)
  expect(await passphraseKeyLater(message, nonce, 'a test')).toEqual(key)
})
