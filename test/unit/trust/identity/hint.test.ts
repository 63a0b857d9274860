// Hints: the two they stand between agree on them; they differ by document, edition, direction and person.

import { expect, test } from 'vitest'
import { createHints, type Hints, namesOne } from '../../../../src/trust/identity/index.ts'
import { testIdentities } from '../../../support/mesh/identity.ts'
import fc, { forAll } from '../../../support/run/properties.ts'

const [ann, bob, eve] = testIdentities(1, 2, 3)
const [annHints, bobHints, eveHints] = [ann, bob, eve].map(({ agree }) => createHints(agree))
const hex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes!).toString('hex')

const slot = fc.stringMatching(/^(hour|day|week):[0-9]{1,6}$/)
const version = fc.nat(Number.MAX_SAFE_INTEGER)

test('both ends come to the same eight bytes, and nobody else does', () => {
  forAll(slot, version, (slot, version) => {
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
  })
})

test('a document is found to be for this node without being opened', () => {
  const context = { author: ann.publicKey, slot: 'day:20000', version: 7 }
  const hint = (peer: typeof bob) => annHints!(peer.publicKey, context)!
  const noise = new Uint8Array(8)
  const of = (...hints: Uint8Array[]) => ({ ...context, hints: Buffer.concat(hints) })
  const document = of(noise, hint(eve), hint(bob))
  const isFor = (hints: Hints | undefined, author: typeof ann, one: ReturnType<typeof of>) =>
    namesOne([hints!], author.publicKey, one)
  expect([bobHints, eveHints, annHints].map((one) => isFor(one, ann, document))).toEqual([true, true, false])
  expect(isFor(bobHints, ann, of(hint(eve), noise))).toBe(false)
  expect(isFor(bobHints, ann, of())).toBe(false)
  // The same bytes in another edition, or said to be somebody else's, are about nobody.
  expect(isFor(bobHints, ann, { ...document, version: 8 })).toBe(false)
  expect(isFor(bobHints, eve, document)).toBe(false)
})

test('with a key nobody can agree with there is no hint', () => {
  const lowOrder = new Uint8Array(32).fill(0, 1)
  lowOrder[0] = 1
  const context = { author: ann.publicKey, slot: 'day:1', version: 1 }
  for (const key of [lowOrder, new Uint8Array(3)]) {
    expect(annHints!(key, context)).toBeUndefined()
    expect(namesOne([annHints!], key, { ...context, hints: new Uint8Array(8) })).toBe(false)
  }
})
