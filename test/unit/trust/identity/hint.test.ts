// Hints: the two they stand between agree on them; they differ by document, edition, direction and person.

import { expect, test } from 'vitest'
import { createHints, findHint } from '../../../../src/trust/identity/index.ts'
import { testIdentity } from '../../../support/mesh/identity.ts'
import fc from '../../../support/run/properties.ts'

const [ann, bob, eve] = [testIdentity(1), testIdentity(2), testIdentity(3)]
const [annHints, bobHints, eveHints] = [ann, bob, eve].map(({ agree }) => createHints(agree))
const hex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes!).toString('hex')

const slot = fc.stringMatching(/^(hour|day|week):[0-9]{1,6}$/)
const version = fc.nat(Number.MAX_SAFE_INTEGER)

test('both ends come to the same eight bytes, and nobody else does', () => {
  fc.assert(
    fc.property(slot, version, (slot, version) => {
      const context = { author: ann.publicKey, slot, version }
      const hint = annHints!(bob.publicKey, context)
      expect(hint).toHaveLength(8)
      expect(bobHints!(ann.publicKey, context)).toEqual(hint)
      const others = [
        eveHints!(ann.publicKey, context),
        eveHints!(bob.publicKey, context),
        annHints!(eve.publicKey, context),
        annHints!(bob.publicKey, { ...context, author: bob.publicKey }),
        annHints!(bob.publicKey, { ...context, version: version === 0 ? 1 : version - 1 }),
        annHints!(bob.publicKey, { ...context, slot: `${slot}0` }),
      ]
      expect(others.map(hex)).not.toContain(hex(hint))
    }),
  )
})

test('a document is found to be for this node without being opened', () => {
  const context = { author: ann.publicKey, slot: 'day:20000', version: 7 }
  const hint = (peer: typeof bob) => ({ hint: annHints!(peer.publicKey, context)! })
  const noise = { hint: new Uint8Array(8) }
  const of = (...boxes: { hint: Uint8Array }[][]) => ({
    ...context,
    boxes: boxes.map((recipients) => ({ recipients })),
  })
  const document = of([noise], [noise, hint(eve), hint(bob)])
  expect(findHint(bobHints!, ann.publicKey, document)).toEqual([1, 2])
  expect(findHint(eveHints!, ann.publicKey, document)).toEqual([1, 1])
  expect(findHint(annHints!, ann.publicKey, document)).toBeUndefined()
  expect(findHint(bobHints!, ann.publicKey, of([hint(eve), noise]))).toBeUndefined()
  expect(findHint(bobHints!, ann.publicKey, of())).toBeUndefined()
  // The same bytes in another edition, or said to be somebody else's, are about nobody.
  expect(findHint(bobHints!, ann.publicKey, { ...document, version: 8 })).toBeUndefined()
  expect(findHint(bobHints!, eve.publicKey, document)).toBeUndefined()
})

test('with a key nobody can agree with there is no hint', () => {
  const lowOrder = new Uint8Array(32).fill(0, 1)
  lowOrder[0] = 1
  const context = { author: ann.publicKey, slot: 'day:1', version: 1 }
  for (const key of [lowOrder, new Uint8Array(3)]) {
    expect(annHints!(key, context)).toBeUndefined()
    expect(findHint(annHints!, key, { ...context, boxes: [{ recipients: [] }] })).toBeUndefined()
  }
})
