// The credential file: opens with its passphrase alone, for its owner alone, and says what is wrong with it.
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { formatNodeId } from '../../../../protocols/node-id.ts'
import { systemRandom } from '../../../../src/base/clock.ts'
import { createCredential, openCredential, readCredential } from '../../../../src/trust/operators/index.ts'
import { temporaryDirectory } from '../../../support/data/database.ts'
import { code } from '../../../support/run/code.ts'
import { operatorChain } from '../certificates/chains.ts'

const words = Buffer.from('nine words that open it')

function written(): { path: string; operator: string } {
  const path = join(temporaryDirectory(), 'carol.karo')
  const credential = createCredential(systemRandom)
  writeFileSync(path, credential.seal(words)('carol', operatorChain()), { mode: 0o600 })
  credential.wipe()
  return { path, operator: credential.operator }
}

test('what was written opens again, with the key that was certified', () => {
  const { path, operator } = written()
  const { signer, chain, name } = openCredential(path, words)
  expect([formatNodeId(signer.publicKey), name, chain.length]).toEqual([operator, 'carol', 2])
  expect(readCredential(path)).toMatchObject({ operator, name: 'carol' })
})

test('another passphrase opens nothing', () => {
  expect(() => openCredential(written().path, Buffer.from('other words'))).toThrow(code('unauthorized'))
})

test('a file that says another key, or was changed, opens nothing', () => {
  const { path } = written()
  const file = JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>
  const other = createCredential(systemRandom)
  writeFileSync(path, JSON.stringify({ ...file, operator: other.operator }))
  expect(() => openCredential(path, words)).toThrow(code('unauthorized'))
  const sealed = `${file.sealed?.startsWith('A') ? 'B' : 'A'}${file.sealed?.slice(1)}`
  writeFileSync(path, JSON.stringify({ ...file, sealed }))
  expect(() => openCredential(path, words)).toThrow(code('unauthorized'))
})

test.each([0o640, 0o604, 0o660])('a file of mode %o is refused', (mode) => {
  const { path } = written()
  chmodSync(path, mode)
  expect(() => readCredential(path)).toThrow(code('bad_file'))
})

test.each([
  ['nothing', ''],
  ['no JSON', '{'],
  ['another thing', '{"karo_root": 1}'],
  ['no list of certificates', '{"karo_operator": 1, "kdf": "argon2id", "chain": "x"}'],
])('%s is no credential', (_what, text) => {
  const { path } = written()
  writeFileSync(path, text)
  expect(() => readCredential(path)).toThrow(code('bad_file'))
})
