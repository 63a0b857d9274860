// Manifests: what this node signed for a person starts, and nothing that anybody changed since.
import { expect, test } from 'vitest'
import { decodeValue, encodeValue } from '../../../protocols/messagepack.ts'
import { needsPerson, signManifest, verifyManifest } from '../../../src/agents/manifest/manifest.ts'
import { canonicalJson } from '../../../src/agents/tasks/canonical.ts'
import { ANN, BOB, wantedOf } from '../../support/agents/rig.ts'
import { testIdentity } from '../../support/mesh/identity.ts'

const self = testIdentity(1)
const id = 'kExecutor:fixture'
const signed = () => signManifest(wantedOf('/srv/app'), { person: ANN, addedAt: 1_700_000_000_000 }, self)

test('is read again as it was signed', () => {
  const { manifest, bytes } = signed()
  expect(verifyManifest(bytes, { person: ANN, id }, self)).toEqual(manifest)
  expect(manifest.capabilities).toContain('fs.read:/srv/app')
})

test('every changed byte is noticed', () => {
  const { bytes } = signed()
  for (let at = 0; at < bytes.length; at += 1) {
    const changed = Uint8Array.from(bytes)
    changed[at] = (changed[at] as number) ^ 1
    expect(() => verifyManifest(changed, { person: ANN, id }, self), `byte ${at}`).toThrow(/no process of/)
  }
  expect(() => verifyManifest(new Uint8Array(), { person: ANN, id }, self)).toThrow(/damaged/)
})

test('a changed member under the old signature is refused', () => {
  const fields = decodeValue(signed().bytes) as Record<string, never>
  const forged = encodeValue({ ...fields, argv: ['/bin/sh', '-c', 'id'] })
  expect(() => verifyManifest(forged, { person: ANN, id }, self)).toThrow(/not as this node signed it/)
})

test('another node, another person and another name are refused', () => {
  const { bytes } = signed()
  expect(() => verifyManifest(bytes, { person: ANN, id }, testIdentity(2))).toThrow(/another node/)
  expect(() => verifyManifest(bytes, { person: BOB, id }, self)).toThrow(/another agent/)
  expect(() => verifyManifest(bytes, { person: ANN, id: 'kExecutor:other' }, self)).toThrow(/another agent/)
})

test('a key that this node had before still counts', () => {
  const { publicKey, nodeId, agree } = self
  const rotated = { ...testIdentity(2), former: [{ publicKey, nodeId, agree }] }
  expect(verifyManifest(signed().bytes, { person: ANN, id }, rotated)).toMatchObject({ id })
})

test('a text that cannot be kept is an error of the person', () => {
  const wanted = { ...wantedOf('/srv/app'), why: '\ud800' }
  expect(() => signManifest(wanted, { person: ANN, addedAt: 1 }, self)).toThrow(/cannot be kept/)
})

test('the same arguments are the same text, whatever their order', () => {
  expect(canonicalJson({ b: [{ d: 1, c: null }], a: 'x' })).toBe('{"a":"x","b":[{"c":null,"d":1}]}')
  expect(canonicalJson({ a: 'x', b: [{ c: null, d: 1 }] })).toBe(
    canonicalJson({ b: [{ d: 1, c: null }], a: 'x' }),
  )
  expect(() => canonicalJson({ a: 'x'.repeat(70_000) })).toThrow(/at most/)
  let deep: Record<string, unknown> = {}
  for (let depth = 0; depth < 40; depth += 1) deep = { deep }
  expect(() => canonicalJson(deep)).toThrow(/nested deeper/)
})

const NOTHING = { binds: [{ path: '/srv/app', write: false }], secrets: [] }
test.each([
  ['only reads', NOTHING, undefined],
  ['holds secrets', { ...NOTHING, secrets: [{ variable: 'TOKEN', secret: 'token' }] }, 'holds secrets'],
  ['has places', { ...NOTHING, connect: ['build.example:443'] }, 'may connect to the network'],
  ['writes', { ...NOTHING, binds: [{ path: '/srv/app', write: true }] }, 'may write'],
])('one that %s is started by a person where that can change something outside', (_, manifest, why) =>
  expect(needsPerson(manifest)).toBe(why),
)
