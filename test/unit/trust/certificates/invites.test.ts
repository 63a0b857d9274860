// Invites: codes that people type, proofs bound to both keys, and uses that are counted once.

import { chmodSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { systemRandom } from '../../../../src/base/clock.ts'
import { KaroError } from '../../../../src/base/errors.ts'
import { silentLog } from '../../../../src/base/run/log.ts'
import { createFleetRepository, type FleetRepository } from '../../../../src/store/tables/fleet.ts'
import { formatEnrolment, readEnrolment } from '../../../../src/trust/certificates/index.ts'
import {
  acceptProof,
  commitmentTo,
  formatCode,
  joinProof,
  keysOf,
  parseCode,
} from '../../../../src/trust/certificates/invites/invite-code.ts'
import {
  createInvites,
  type InviteRefusal,
  type Invites,
} from '../../../../src/trust/certificates/invites/invites.ts'
import { createSeeking } from '../../../../src/trust/certificates/invites/seeking.ts'
import { isSameSecret } from '../../../../src/trust/identity/index.ts'
import { temporaryDatabase, temporaryDirectory } from '../../../support/data/database.ts'
import { testIdentities, testIdentity } from '../../../support/mesh/identity.ts'
import fc, { forAll } from '../../../support/run/properties.ts'
import { NOW } from './chains.ts'

const keys = testIdentities(7_001, 7_002, 7_003, 7_004)
const [inviter, ann, bob, cid] = [keys[0].publicKey, keys[1].publicKey, keys[2].publicKey, keys[3].publicKey]
const HOUR = 3_600_000

async function world(repository?: FleetRepository, self = inviter) {
  const kept = repository ?? createFleetRepository(await temporaryDatabase())
  const clock = { time: NOW, now: () => clock.time, monotonic: () => clock.time }
  const issuer = { now: true }
  const invites = createInvites({
    self,
    isIssuer: () => issuer.now,
    repository: kept,
    clock,
    random: systemRandom,
  })
  invites.load((await kept.load()).invites)
  return { invites, clock, issuer, repository: kept }
}

const made = (invites: Invites, uses = 1) =>
  invites.create({ uses, for_ms: HOUR, roles: [], teams: ['eng'], made_by: 'ann', places: [] })

interface Told {
  readonly to?: Uint8Array
  readonly expires_at?: number
}
function proofOf(code: string, joiner: Uint8Array, { to = inviter, expires_at }: Told = {}) {
  const invitation = parseCode(code)!
  const { id, key } = keysOf(invitation.secret)
  const terms = { joiner, inviter: to, expires_at: expires_at ?? invitation.expires_at }
  return { id, proof: joinProof(key, terms) }
}
const stateOf = (taken: unknown): InviteRefusal | 'taken' =>
  typeof taken === 'string' ? (taken as InviteRefusal) : 'taken'

const ipv4 = fc.ipV4().chain((ip) => fc.nat({ max: 65_535 }).map((port) => `${ip}:${port}`))
const ipv6 = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 })
  .map((groups) => `[${groups.map((group) => group.toString(16)).join(':')}]:9238`)

test('a code says its secret, its inviter, its end and where the inviter listens, however it is typed', () => {
  forAll(
    fc.uint8Array({ minLength: 16, maxLength: 16 }),
    fc.uint8Array({ minLength: 16, maxLength: 16 }),
    fc.nat({ max: 0xffff_ffff }),
    fc.uniqueArray(ipv4, { maxLength: 4 }),
    fc.uniqueArray(ipv6, { maxLength: 2 }),
    (secret, commitment, minute, four, six) => {
      const invite = { secret, commitment, expires_at: minute * 60_000 }
      const code = formatCode({ ...invite, places: [...six, ...four] })
      expect(code).toMatch(/^([0-9A-HJKMNP-TV-Z]{8}-){7,13}[0-9A-HJKMNP-TV-Z]{8}$/)
      const six1 = six.slice(0, 1).map((place) => `${new URL(`http://${place}`).hostname}:9238`)
      const invitation = { ...invite, places: [...four.slice(0, 2), ...six1] }
      expect(parseCode(code)).toEqual(invitation)
      const typed = ` ${code.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l')}\n`
      expect(parseCode(typed)).toEqual(invitation)
    },
  )
})

test('a code holds IP addresses alone, and is as short as it was where there are none', () => {
  const plain = { secret: new Uint8Array(16), commitment: new Uint8Array(16), expires_at: 0, places: [] }
  const places = ['hq.corp:9238', '10.0.0.5:70000', 'fd00::5', '10.0.0.5']
  const named = formatCode({ ...plain, places })
  expect(named).toBe(formatCode(plain))
  expect(named.replaceAll('-', '')).toHaveLength(64)
  expect(parseCode(named)).toEqual(plain)
})

test('of an invite so much is stored, and what its terms have besides is not', async () => {
  const { invites, repository } = await world()
  const terms = { uses: 1, for_ms: HOUR, roles: [], teams: [], owner: undefined, made_by: 'ann', places: [] }
  await invites.create({ ...terms, note: 'for the new machine' } as never)
  const [stored = {}] = (await repository.load()).invites
  const keys = 'cancelled expires_at failures id inviter key made_at made_by roles teams used uses'
  expect(Object.keys(stored).sort().join(' ')).toBe(keys)
})

test('a digit that is wrong, missing or too many is noticed', async () => {
  const { invites } = await world()
  const { code } = await made(invites)
  for (let at = 0; at < code.length; at++) {
    if (code[at] === '-') continue
    const digit = code[at] === 'Z' ? 'Y' : 'Z'
    expect(parseCode(code.slice(0, at) + digit + code.slice(at + 1))).toBeUndefined()
  }
  for (const wrong of ['', code.slice(1), `${code}0`, `U${code.slice(1)}`, 'x'.repeat(100_000)])
    expect(parseCode(wrong)).toBeUndefined()
})

test('a code commits to the key of its inviter', async () => {
  const { invites } = await world()
  const { code } = await made(invites)
  expect(isSameSecret(parseCode(code)!.commitment, commitmentTo(inviter))).toBe(true)
  expect(isSameSecret(parseCode(code)!.commitment, commitmentTo(ann))).toBe(false)
})

test('what proves joining never proves accepting, nor other terms', () => {
  const { key } = keysOf(new Uint8Array(16).fill(1))
  const terms = { joiner: ann, inviter, expires_at: 60_000 }
  const all = [
    joinProof(key, terms),
    joinProof(key, { ...terms, joiner: bob }),
    joinProof(key, { ...terms, inviter: bob }),
    joinProof(key, { joiner: inviter, inviter: ann, expires_at: 60_000 }),
    joinProof(key, { ...terms, expires_at: 120_000 }),
    acceptProof(key, terms, bob, []),
    acceptProof(key, terms, cid, []),
    acceptProof(key, terms, bob, [new Uint8Array(1)]),
    acceptProof(key, terms, bob, [new Uint8Array(0), new Uint8Array(1)]),
    joinProof(keysOf(new Uint8Array(16).fill(2)).key, terms),
  ].map((proof) => Buffer.from(proof).toString('hex'))
  expect(new Set(all).size).toBe(all.length)
})

test('the store has what is derived from the secret, and neither it nor the code', async () => {
  const { invites, repository } = await world()
  const { code } = await made(invites)
  const { secret } = parseCode(code)!
  const [stored] = (await repository.load()).invites
  const text = JSON.stringify(stored, (_, value) =>
    value instanceof Uint8Array || value?.type === 'Buffer'
      ? Buffer.from(value.data ?? value).toString('hex')
      : value,
  )
  expect(text).toContain(keysOf(secret).id)
  expect(text).not.toContain(Buffer.from(secret).toString('hex'))
  expect(text).not.toContain(code)
})

test('one use is one machine; the same machine may come again, another one may not', async () => {
  const { invites } = await world()
  const { code } = await made(invites)
  expect(stateOf(await invites.redeem(ann, proofOf(code, ann)))).toBe('taken')
  expect(stateOf(await invites.redeem(ann, proofOf(code, ann)))).toBe('taken')
  expect(stateOf(await invites.redeem(bob, proofOf(code, bob)))).toBe('used')
  expect(invites.list()).toMatchObject([{ used: [ann], failures: 0 }])
})

test('of many that come at the same moment as many get in as the invite has uses', async () => {
  const { invites, repository } = await world()
  const { code } = await made(invites, 3)
  const joiners = Array.from({ length: 12 }, (_, n) => testIdentity(7_100 + n).publicKey)
  const taken = await Promise.all(joiners.map((joiner) => invites.redeem(joiner, proofOf(code, joiner))))
  expect(taken.map(stateOf).filter((state) => state === 'taken')).toHaveLength(3)
  expect(taken.map(stateOf).filter((state) => state === 'used')).toHaveLength(9)
  // What was written holds after a restart.
  const again = await world(repository)
  expect(stateOf(await again.invites.redeem(cid, proofOf(code, cid)))).toBe('used')
})

test('a use is on disk before anybody hears of it', async () => {
  const { invites, repository } = await world()
  const { code } = await made(invites)
  const failing = createInvites({
    self: inviter,
    isIssuer: () => true,
    repository: { write: () => Promise.reject(new Error('ENOSPC')) },
    clock: { now: () => NOW, monotonic: () => NOW },
    random: systemRandom,
  })
  failing.load((await repository.load()).invites)
  await expect(failing.redeem(ann, proofOf(code, ann))).rejects.toThrow('ENOSPC')
  expect(failing.list()).toMatchObject([{ used: [] }])
})

test('replayed by another key, re-targeted to another inviter, or with another end it proves nothing', async () => {
  const { invites } = await world()
  const { code } = await made(invites)
  expect(await invites.redeem(bob, proofOf(code, ann))).toBe('unknown')
  expect(await invites.redeem(ann, proofOf(code, ann, { to: bob }))).toBe('unknown')
  expect(await invites.redeem(ann, proofOf(code, ann, { expires_at: NOW + 90 * 24 * HOUR }))).toBe('unknown')
  expect(invites.list()).toMatchObject([{ used: [], failures: 3 }])
})

test('five wrong proofs cancel it, also for whoever has the right one, and over a restart', async () => {
  const { invites, repository } = await world()
  const { code } = await made(invites)
  const { id } = proofOf(code, ann)
  for (let guess = 0; guess < 5; guess++)
    expect(await invites.redeem(bob, { id, proof: new Uint8Array(32).fill(guess) })).toBe('unknown')
  expect(await invites.redeem(ann, proofOf(code, ann))).toBe('cancelled')
  expect(await (await world(repository)).invites.redeem(ann, proofOf(code, ann))).toBe('cancelled')
})

test('guessing ids is slowed down for everybody together, and harms no invite', async () => {
  const { invites } = await world()
  const { code } = await made(invites)
  const answers: unknown[] = []
  for (let guess = 0; guess < 100; guess++)
    answers.push(
      await invites.redeem(bob, { id: guess.toString(16).padStart(16, '0'), proof: new Uint8Array(32) }),
    )
  expect(answers.filter((answer) => answer === 'unknown')).toHaveLength(30)
  expect(answers.at(-1)).toBe('busy')
  expect(stateOf(await invites.redeem(ann, proofOf(code, ann)))).toBe('taken')
})

test('who has it is told where nobody may certify now, and it stays as it was; who guesses hears nothing of that', async () => {
  const { invites, issuer } = await world()
  const { code } = await made(invites)
  issuer.now = false
  expect(await invites.redeem(ann, proofOf(code, ann))).toBe('no_issuer')
  expect(await invites.redeem(bob, proofOf(code, ann))).toBe('unknown')
  expect(invites.list()).toMatchObject([{ used: [], failures: 1 }])
  issuer.now = true
  expect(stateOf(await invites.redeem(ann, proofOf(code, ann)))).toBe('taken')
})

test('it ends at its minute, or when a person cancels it', async () => {
  const { invites, clock } = await world()
  const { code, invite } = await made(invites)
  const cancelled = await made(invites)
  await invites.cancel(cancelled.invite.id)
  expect(await invites.redeem(ann, proofOf(cancelled.code, ann))).toBe('cancelled')
  clock.time = invite.expires_at - 1
  expect(stateOf(await invites.redeem(ann, proofOf(code, ann)))).toBe('taken')
  clock.time = invite.expires_at
  expect(await invites.redeem(ann, proofOf(code, ann))).toBe('expired')
  await expect(invites.cancel('none')).rejects.toMatchObject({ code: 'not_found' })
})

test('what is over leaves the list and the store after a week', async () => {
  const { invites, clock, repository } = await world()
  await made(invites)
  clock.time += 8 * 24 * HOUR
  await made(invites)
  expect(invites.list()).toHaveLength(1)
  expect((await repository.load()).invites).toHaveLength(1)
})

test('an invite that names a key which was replaced lets nobody in, and says so', async () => {
  const { invites, repository } = await world()
  const { invite } = await made(invites)
  expect(invites.stateOf(invite)).toBe('open')
  const rotated = await world(repository, bob)
  expect(rotated.invites.list().map(rotated.invites.stateOf)).toEqual(['replaced'])
})

test('what was wrong with an enrolment file is not told of another invite that has ended', async () => {
  const { secret, commitment, expires_at } = parseCode((await made((await world()).invites)).code)!
  const seeking = createSeeking({
    identity: { publicKey: ann },
    clock: { now: () => NOW, monotonic: () => NOW },
    log: silentLog,
    isOther: () => false,
    granted: () => {},
    ended: () => {},
  })
  seeking.begin({ secret, commitment, expires_at, root: null, places: [] })
  seeking.unusable(new KaroError('bad_file', 'others may read it'))
  expect(seeking.refusal()).toEqual({ refused: 'enrolment_file', detail: 'others may read it' })
  seeking.expire(expires_at)
  expect(seeking.refusal()).toEqual({ refused: 'expired', detail: null })
})

test('an enrolment file counts where its group reads it at most; where there is none nothing is wrong', () => {
  const path = join(temporaryDirectory(), 'enrolment.json')
  expect(readEnrolment(path)).toBeUndefined()
  writeFileSync(path, formatEnrolment(testIdentity(7_005).nodeId, 'code', ['10.0.0.5:9238']))
  for (const mode of [0o600, 0o640, 0o644, 0o660]) {
    chmodSync(path, mode)
    const read = () => readEnrolment(path)?.code
    if (mode <= 0o640) expect(read()).toBe('code')
    else expect(read).toThrow('others may read or change it')
  }
  // A file that the system does not let this program look at is there nevertheless.
  const loop = join(temporaryDirectory(), 'enrolment.json')
  symlinkSync(loop, loop)
  expect(() => readEnrolment(loop)).toThrow('the enrolment file cannot be used')
})
