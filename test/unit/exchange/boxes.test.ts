// Sealed boxes: each recipient and the author find their place and open it; nobody else does, and nothing that was moved elsewhere.
import { expect, test } from 'vitest'
import { systemRandom } from '../../../src/base/clock.ts'
import { openBox, sealBox, selvesOf } from '../../../src/exchange/boxes/index.ts'
import { testIdentity } from '../../support/mesh/identity.ts'

const [ann, bob, eve] = [testIdentity(1), testIdentity(2), testIdentity(3)]
const [annSelves, bobSelves, eveSelves] = [ann, bob, eve].map(selvesOf)
const AAD = Buffer.from('a place')
const PLAIN = Buffer.from('a word')
const EDITION = { slot: 'day:20000', version: 7 }
const seal = (recipients = [bob, ann]) =>
  sealBox(
    annSelves![0],
    systemRandom,
    EDITION,
    recipients.map((one) => one.publicKey),
    PLAIN,
    AAD,
  )

test('a box opens for its recipients, each at a place of its own, and for nobody else', () => {
  const box = seal()
  const opened = [annSelves, bobSelves].map((selves) => openBox(selves!, ann.publicKey, EDITION, box, AAD))
  expect(opened.map((one) => Buffer.from(one!.plaintext))).toEqual([PLAIN, PLAIN])
  expect(new Set(opened.map((one) => one!.place))).toEqual(new Set([0, 1]))
  expect(openBox(eveSelves!, ann.publicKey, EDITION, box, AAD)).toBeUndefined()
  expect(openBox([...eveSelves!, ...bobSelves!], ann.publicKey, EDITION, box, AAD)).toEqual(opened[1])
})

test('a box that is shown elsewhere, of another edition or of another author opens for nobody', () => {
  const box = seal()
  const open = (author = ann, edition = EDITION, aad = AAD) =>
    openBox(bobSelves!, author.publicKey, edition, box, aad)
  expect(open()).toBeDefined()
  expect(open(eve)).toBeUndefined()
  expect(open(ann, { ...EDITION, version: 8 })).toBeUndefined()
  expect(open(ann, { ...EDITION, slot: 'day:20001' })).toBeUndefined()
  expect(open(ann, EDITION, Buffer.from('another place'))).toBeUndefined()
})

test('nothing is sealed to a key that nobody can agree with', () => {
  const weak = { ...bob, publicKey: new Uint8Array(32).fill(1, 0, 1) }
  expect(() => seal([weak])).toThrow('no usable key')
})
