// The root's key file: only its passphrase opens it, nothing overwrites it, and nothing of it can be changed unseen.
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { systemRandom } from '../../../../src/base/clock.ts'
import { createRootKey, openRootKey } from '../../../../src/trust/certificates/index.ts'
import { verifySignature } from '../../../../src/trust/identity/index.ts'
import { temporaryDirectory } from '../../../support/data/database.ts'
import { testIdentity } from '../../../support/mesh/identity.ts'

const SECRET = Buffer.from('correct horse battery staple')
const path = (): string => join(temporaryDirectory(), 'root.key')

test('it opens with its passphrase, signs as the root, and is for its owner alone', () => {
  const file = path()
  const made = createRootKey(file, SECRET, systemRandom)
  const opened = openRootKey(file, SECRET)
  expect(opened.root).toBe(made.root)
  const message = Buffer.from('a certificate')
  expect(verifySignature(made.publicKey, message, opened.sign(message))).toBe(true)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  const said = JSON.parse(readFileSync(file, 'utf8'))
  expect(said).toMatchObject({ karo_root: 1, kdf: 'argon2id', root: made.root })
})

test('another passphrase opens nothing', () => {
  const file = path()
  createRootKey(file, SECRET, systemRandom)
  expect(() => openRootKey(file, Buffer.from('correct horse battery stapl'))).toThrow(/does not open/)
})

test('it is never overwritten', () => {
  const file = path()
  createRootKey(file, SECRET, systemRandom)
  const before = readFileSync(file, 'utf8')
  expect(() => createRootKey(file, SECRET, systemRandom)).toThrow(/never overwritten/)
  expect(readFileSync(file, 'utf8')).toBe(before)
})

test('a file that says another root, or holds other bytes, does not open', () => {
  const file = path()
  createRootKey(file, SECRET, systemRandom)
  const whole = JSON.parse(readFileSync(file, 'utf8'))
  const changes = [
    { root: testIdentity(1).nodeId },
    { sealed: `${whole.sealed.startsWith('A') ? 'B' : 'A'}${whole.sealed.slice(1)}` },
    { nonce: 'AAAAAAAAAAAAAAAA' },
  ]
  for (const change of changes) {
    writeFileSync(file, JSON.stringify({ ...whole, ...change }))
    expect(() => openRootKey(file, SECRET)).toThrow(/does not open/)
  }
  for (const text of ['', '{}', '{"karo_root":1}', 'x'.repeat(10_000)]) {
    writeFileSync(file, text)
    expect(() => openRootKey(file, SECRET)).toThrow(/no root key/)
  }
  expect(() => openRootKey(join(file, 'nowhere'), SECRET)).toThrow(/cannot be read/)
})
