// A rotation on its own: both keys sign every field, and the key file holds either the old key or the new one whole.
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { encodeFrame, NONCE_BYTES } from '../../../../protocols/frame.ts'
import { KeyRotation, type KeyRotationBody } from '../../../../protocols/messages/rotation.ts'
import { systemRandom as random } from '../../../../src/base/clock.ts'
import { silentLog } from '../../../../src/base/run/log.ts'
import { createOwnRotation } from '../../../../src/daemon/rotation.ts'
import {
  abandonRotation,
  createIdentityFile,
  GRACE_MS,
  type Identity,
  KEYS_MAX,
  loadIdentity,
  newSealingKey,
  openForMany,
  prepareRotation,
  protectIdentityFile,
  readPending,
  readPublicIdentity,
  readRotation,
  sealingKeyOf,
  sealToMany,
  signRotation,
  switchIdentityFile,
  unprotectIdentityFile,
} from '../../../../src/trust/identity/index.ts'
import type { Fork, KeyState } from '../../../../src/trust/lineage/index.ts'
import { temporaryDirectory } from '../../../support/data/database.ts'
import { testIdentities, testIdentity } from '../../../support/mesh/identity.ts'
import { goldenFrames } from '../../../support/mesh/vectors.ts'
import { code } from '../../../support/run/code.ts'
import fc, { forAllIn } from '../../../support/run/properties.ts'

const NOW = 1_763_626_500_000
const [ann, next, mallory] = testIdentities(1, 2, 3)

const bodyOf = (frame: Uint8Array): KeyRotationBody => {
  const { from, to, until } = readRotation(frame, NOW)
  expect([from, to]).toEqual([ann.nodeId, next.nodeId])
  const keys = { old: ann.publicKey, new: next.publicKey }
  return { ...keys, valid_from: NOW, expires_at: until, proof: proofIn(frame) }
}
/** 64 bytes behind the name of the field. */
function proofIn(frame: Uint8Array): Uint8Array {
  const at = Buffer.from(frame).indexOf('proof')
  return frame.slice(at + 7, at + 7 + 64)
}
const signed = (body: KeyRotationBody, by: Identity): Uint8Array =>
  encodeFrame(
    KeyRotation,
    { sender: by.publicKey, ts: NOW, nonce: random.bytes(NONCE_BYTES), seq: 0 },
    body,
    (bytes) => by.sign(bytes),
  )

test('a rotation says which key takes whose place, and for how long both are honoured', () => {
  const frame = signRotation(ann, next, NOW, random)
  expect(readRotation(frame, NOW)).toEqual({ from: ann.nodeId, to: next.nodeId, until: NOW + GRACE_MS })
  expect(signed(bodyOf(frame), ann).length).toBeLessThanOrEqual(KeyRotation.limit + 76)
})

test('each byte that is changed, and each field that is signed by one key alone, is refused', () => {
  const frame = signRotation(ann, next, NOW, random)
  forAllIn(
    { numRuns: 400 },
    fc.integer({ min: 0, max: frame.length - 1 }),
    fc.integer({ min: 1, max: 255 }),
    (at, by) => {
      const other = frame.slice()
      other[at]! ^= by
      expect(() => readRotation(other, NOW)).toThrow()
    },
  )
  const body = bodyOf(frame)
  expect(() => readRotation(signed(body, ann), NOW)).not.toThrow()
  const wrong: readonly (readonly [Partial<KeyRotationBody>, Identity, string])[] = [
    // The old key alone, for a key that knows nothing of it.
    [{ new: mallory.publicKey }, ann, 'bad_signature'],
    [{ proof: ann.sign(Buffer.from('no')) }, ann, 'bad_signature'],
    // The new key alone, or somebody else for the old one.
    [{}, next, 'malformed'],
    [{}, mallory, 'malformed'],
    [{ old: mallory.publicKey }, mallory, 'bad_signature'],
    // Times that the new key did not sign, or that nobody may.
    [{ valid_from: NOW + 1 }, ann, 'bad_signature'],
    [{ expires_at: NOW + GRACE_MS - 1 }, ann, 'bad_signature'],
    [{ expires_at: NOW + GRACE_MS + 1 }, ann, 'malformed'],
    [{ expires_at: NOW - 1 }, ann, 'malformed'],
    [{ new: ann.publicKey }, ann, 'malformed'],
  ]
  for (const [change, by, why] of wrong)
    expect(() => readRotation(signed({ ...body, ...change }, by), NOW)).toThrow(code(why))
})

test('a clock that is four minutes off takes it, one that is ten minutes off takes it later', () => {
  const frame = signRotation(ann, next, NOW, random)
  expect(readRotation(frame, NOW - 4 * 60_000).to).toBe(next.nodeId)
  expect(() => readRotation(frame, NOW - 10 * 60_000)).toThrow(code('stale'))
  expect(readRotation(frame, NOW + 10 * 60_000).to).toBe(next.nodeId)
})

test('one that another program signed, by the words of the protocol alone, is read', () => {
  const golden = goldenFrames.find(({ name }) => name === 'key rotation')
  const rotation = readRotation(Buffer.from(golden?.bytes.hex ?? '', 'hex'), Date.UTC(2027, 0))
  expect(golden?.body).toMatchObject({ valid_from: rotation.until - GRACE_MS, expires_at: rotation.until })
})

const home = (): string => join(temporaryDirectory(), 'identity.key')

test('the file goes from the old key to the new one in one step, and keeps what opens the past', () => {
  const path = home()
  const first = createIdentityFile(path, random)
  const { next: announced, wasBegun } = prepareRotation(path, undefined, NOW, random)
  expect(wasBegun).toBe(false)
  // Begun, and not carried out: still the old one, also after a restart.
  const begun = loadIdentity(path)
  expect(begun.nodeId).toBe(first.nodeId)
  expect(begun.pending?.identity.nodeId).toBe(announced.nodeId)
  expect(prepareRotation(path, undefined, NOW + 5, random)).toMatchObject({ next: announced, wasBegun: true })
  expect(() => protectIdentityFile(path, Buffer.from('a passphrase'), random)).toThrow(code('conflict'))
  const pending = readPending(path, begun)
  expect(pending?.frame).toEqual(begun.pending?.frame)
  expect(switchIdentityFile(path, pending!.identity, random)).toBe(true)
  expect(switchIdentityFile(path, pending!.identity, random)).toBe(false)

  const now = loadIdentity(path)
  expect(now).toMatchObject({ nodeId: announced.nodeId, memberId: first.fingerprint, pending: undefined })
  expect(now.former.map(({ nodeId }) => nodeId)).toEqual([first.nodeId])
  expect(Object.keys(now.former[0]!)).not.toContain('sign')
  expect(readRotation(now.rotations[0]!, NOW)).toMatchObject({ from: first.nodeId, to: now.nodeId })
  const own = sealingKeyOf(first.publicKey)!
  const aad = Buffer.from('aad')
  const keys = [own, newSealingKey(random).publicKey]
  const box = sealToMany(keys, Buffer.from('for the old key'), aad, random)
  const part = { epk: box.epk, key: box.keys[0]!, sealed: box.sealed }
  const opened = openForMany(now.former[0]!.agree, own, part, aad)
  expect(Buffer.from(opened!).toString()).toBe('for the old key')
})

test('with a passphrase nothing of either key lies open, and the switch needs none', () => {
  const path = home()
  const first = createIdentityFile(path, random)
  const passphrase = Buffer.from('correct horse battery')
  protectIdentityFile(path, passphrase, random)
  expect(() => prepareRotation(path, undefined, NOW, random)).toThrow(code('unauthorized'))
  prepareRotation(path, passphrase, NOW, random)
  const { identity } = loadIdentity(path, passphrase).pending!
  const text = readFileSync(path, 'latin1')
  for (const seed of [first.seed(), identity.seed()]) {
    expect(text).not.toContain(Buffer.from(seed).toString('base64').slice(0, 40))
    const inside = Buffer.from(text.slice(text.indexOf('KARO KEYRING')), 'base64')
    expect(inside.includes(Buffer.from(seed))).toBe(false)
  }
  expect(switchIdentityFile(path, identity, random)).toBe(true)
  expect(readPublicIdentity(path)).toMatchObject({ nodeId: identity.nodeId, isProtected: true })
  expect(loadIdentity(path, passphrase).former[0]?.nodeId).toBe(first.nodeId)
  unprotectIdentityFile(path, passphrase, random)
  expect(loadIdentity(path)).toMatchObject({ nodeId: identity.nodeId, memberId: first.fingerprint })
})

test('a lineage has so many keys and no more, and a damaged keyring is no key of a node', () => {
  const path = home()
  const first = createIdentityFile(path, random)
  for (let keys = 1; keys < KEYS_MAX; keys++) {
    prepareRotation(path, undefined, NOW + keys, random)
    switchIdentityFile(path, loadIdentity(path).pending!.identity, random)
  }
  const last = loadIdentity(path)
  expect(last.former).toHaveLength(KEYS_MAX - 1)
  expect(last.memberId).toBe(first.fingerprint)
  expect(() => prepareRotation(path, undefined, NOW, random)).toThrow(code('conflict'))
  const damaged = `${path}.damaged`
  cpSync(path, damaged)
  const text = readFileSync(damaged, 'latin1')
  const at = text.indexOf('KARO KEYRING') + 400
  writeFileSync(damaged, `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`, {
    mode: 0o600,
  })
  expect(() => loadIdentity(damaged)).toThrow(code('bad_file'))
})

test('a rotation that was told to nobody is taken back, and the file is as it was before', () => {
  const path = home()
  createIdentityFile(path, random)
  const before = readFileSync(path, 'utf8')
  expect(abandonRotation(path, random)).toBe(false)
  prepareRotation(path, undefined, NOW, random)
  expect(readPending(path, loadIdentity(path))).toBeDefined()
  expect(abandonRotation(path, random)).toBe(true)
  expect(readFileSync(path, 'utf8')).toBe(before)
  // After one that was carried out the keys before stay.
  prepareRotation(path, undefined, NOW, random)
  const { identity } = readPending(path, loadIdentity(path))!
  switchIdentityFile(path, identity, random)
  prepareRotation(path, undefined, NOW, random)
  abandonRotation(path, random)
  expect(loadIdentity(path)).toMatchObject({ nodeId: identity.nodeId, pending: undefined })
  expect(loadIdentity(path).rotations).toHaveLength(1)
})

/** The rotation of ann's key that its file holds, to be carried out; `standing`: what the node knows of that key. */
function begun({ isIssuer = false, standing = { kind: 'current' } as KeyState, isAnnounced = false } = {}) {
  const told = { abandoned: 0, published: [] as string[] }
  const pending = { identity: next, frame: signRotation(ann, next, NOW, random) }
  const rotation = createOwnRotation({
    // As it was read before the rotation was begun.
    identity: { nodeId: ann.nodeId, former: [] },
    documents: { publish: async (kind) => void told.published.push(kind) },
    reread: () => pending,
    abandon: () => void told.abandoned++,
    isIssuer: () => isIssuer,
    standing: () => standing,
    isAnnounced: (key) => isAnnounced && key === next.nodeId,
    timers: { after: () => () => {} },
    log: silentLog,
    onSwitch: () => told.published.push('switched'),
  })
  return { rotation, told }
}

test('an issuer does not rotate, and no begun rotation stays in its file', async () => {
  const { rotation, told } = begun({ isIssuer: true })
  await expect(rotation.begin()).rejects.toMatchObject({ code: 'refused' })
  await rotation.resume()
  expect(told).toEqual({ abandoned: 2, published: [] })
})

const FORK: Fork = { at: ann.nodeId, between: [mallory.nodeId, testIdentity(4).nodeId] }
test.each<KeyState>([
  { kind: 'replaced', by: mallory.nodeId, until: NOW + GRACE_MS },
  { kind: 'retired', by: mallory.nodeId, until: NOW - 1 },
  { kind: 'frozen', fork: FORK },
  { kind: 'rejected', fork: FORK, chosen: mallory.nodeId },
])('a node that knows its key as $kind makes no second successor of it by mistake', async (standing) => {
  const { rotation, told } = begun({ standing })
  await expect(rotation.begin()).rejects.toMatchObject({ code: 'refused' })
  await rotation.resume()
  expect(told).toEqual({ abandoned: 2, published: [] })
  // Whoever was robbed of the key may wish for just that.
  await rotation.begin(true)
  expect(told.published).toEqual(['key_rotation'])
})

const BOTH: Fork = { at: ann.nodeId, between: [mallory.nodeId, next.nodeId] }
test.each<KeyState>([
  { kind: 'replaced', by: next.nodeId, until: NOW + GRACE_MS },
  { kind: 'current' },
  { kind: 'frozen', fork: BOTH },
  // The fork is at an earlier key, and the successor of this one is named nowhere in it.
  { kind: 'frozen', fork: FORK },
  { kind: 'rejected', fork: FORK, chosen: mallory.nodeId },
])('a rotation that was announced already goes on, with the key $kind', async (standing) => {
  const { rotation, told } = begun({ standing, isAnnounced: true })
  await rotation.resume()
  expect(told).toEqual({ abandoned: 0, published: ['key_rotation'] })
})
