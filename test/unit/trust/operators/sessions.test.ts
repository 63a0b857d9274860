// Logins: what an operator signs is what this node offered to that person, and it ends when anything behind it does.

import { expect, test } from 'vitest'
import { DAY_MS } from '../../../../src/base/calendar.ts'
import { systemRandom } from '../../../../src/base/clock.ts'
import type { KaroError } from '../../../../src/base/errors.ts'
import type { AuditEntry, AuditRecord } from '../../../../src/trust/audit/index.ts'
import { createRoll } from '../../../../src/trust/certificates/roll.ts'
import { signDelegation } from '../../../../src/trust/operators/delegation.ts'
import { createSessions } from '../../../../src/trust/operators/sessions.ts'
import type { Offer } from '../../../../src/trust/operators/types.ts'
import fc, { forAllAsync } from '../../../support/run/properties.ts'
import { VirtualTime } from '../../../support/run/virtual-time.ts'
import {
  issuer,
  issuerCertificate,
  listOf,
  NOW,
  node,
  operator,
  operatorCertificate,
  operatorChain,
  other,
  rollWith,
} from '../certificates/chains.ts'
import { HOUR_MS } from './world.ts'

const ANN = 1000
const BOB = 1001
const ALL = ['ToolUsage', 'NodeHealth']

/** Who shows an offer, signed by whom: the operator, unless it is said. */
interface Shown {
  readonly uid?: number
  readonly account?: number
  readonly by?: typeof operator
  readonly chain?: Uint8Array[]
}

/** `node`, with a clock and timers that the test turns. */
async function desk({ inMesh = true, ledger = [] as readonly AuditRecord[] } = {}) {
  const time = new VirtualTime(NOW)
  /** How far the clock was set back, and nothing else. */
  const clock = { back: 0, now: () => time.clock.now() - clock.back, monotonic: time.clock.monotonic }
  const roll = inMesh ? rollWith(issuerCertificate()) : createRoll()
  const refused = new Set<string>()
  const audited: AuditRecord[] = []
  let changed = (): void => {}
  const sessions = createSessions({
    self: node.publicKey,
    opinion: (id) => ({
      node_id: id,
      trust_level: 'peer',
      roles: [],
      teams: [],
      denied: refused.has(id),
      revoked: false,
    }),
    operators: {
      mesh: () => roll.root()?.mesh,
      verdict: (chain, key) => roll.operators.verdict(chain, key, time.clock.now()),
    },
    onChange: [
      (listener) => {
        changed = listener
        return () => {}
      },
    ],
    audit: {
      record: async (entry) => void audited.push(entry),
      // The newest first, with numbers.
      log: async () => ledger.map((entry, seq) => ({ ts: NOW, ...entry, seq }) as AuditEntry).reverse(),
    },
    clock,
    timers: time,
    random: systemRandom,
  })
  await sessions.start()
  const pass = (ms: number): void => time.advance(ms)
  const offered = (uid = ANN, more: { for_ms?: number; account?: number } = {}): Offer =>
    sessions.offer(uid, { for_ms: HOUR_MS, types: ALL, account: uid, ...more })
  /** The person shows the offer, signed. */
  const begin = (offer: Offer, shown: Shown = {}) => {
    const { uid = ANN, account = uid, by = operator, chain = operatorChain() } = shown
    return sessions.begin(uid, { delegation: signDelegation(by, offer, systemRandom), chain, account })
  }
  const login = (uid = ANN, for_ms = HOUR_MS) => begin(offered(uid, { for_ms }), { uid })
  const loggedIn = async (uid = ANN) => {
    await login(uid)
    return sessions.of(uid, uid)!
  }
  const said = () => audited.map(({ type, success, details }) => [type, success, details.why])
  const change = (): void => changed()
  return { clock, roll, sessions, audited, said, refused, pass, offered, begin, login, loggedIn, change }
}

test('a person who is logged in asks as the operator, with a key that is this login’s alone', async () => {
  const { sessions, login, audited } = await desk()
  expect(sessions.of(ANN, ANN)).toBeUndefined()
  expect(await login()).toMatchObject({ uid: ANN, name: 'carol', roles: ['lead'], operator: operator.nodeId })
  const acting = sessions.of(ANN, ANN)
  expect(acting).toMatchObject({ name: 'carol', types: ALL, ends_at: NOW + HOUR_MS })
  expect(sessions.of(BOB, BOB)).toBeUndefined()
  await login(BOB)
  expect(sessions.of(BOB, BOB)?.audience.publicKey).not.toEqual(acting?.audience.publicKey)
  expect(audited).toMatchObject([
    { type: 'operator_login', success: true, details: { uid: ANN, operator_name: 'carol', roles: 'lead' } },
    { type: 'operator_login', success: true, details: { uid: BOB } },
  ])
  // Neither of the two keys, nor what was signed, is in the ledger.
  const ledger = JSON.stringify(audited)
  for (const key of [acting?.audience.privateKey, acting?.delegation])
    expect(ledger).not.toContain(Buffer.from(key ?? []).toString('hex'))
})

test('what was offered to one person logs in nobody else', async () => {
  const { sessions, offered, begin, said } = await desk()
  await expect(begin(offered(), { uid: BOB })).rejects.toThrow('another person')
  expect(sessions.of(BOB, BOB)).toBeUndefined()
  expect(said()).toEqual([['operator_login', false, 'the delegation is for another person of this machine']])
})

test('an offer logs in once, and for five minutes', async () => {
  const { offered, begin, pass } = await desk()
  const once = offered()
  await begin(once)
  await expect(begin(once)).rejects.toThrow('took too long')
  const late = offered()
  pass(5 * 60_000 + 1)
  await expect(begin(late)).rejects.toThrow('took too long')
})

test('nothing but the offer itself can be signed', async () => {
  const { sessions, offered, begin } = await desk()
  const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
  const change = fc.oneof(
    fc.record({ session: bytes(16) }),
    fc.record({ mesh: bytes(32) }),
    fc.record({ node: bytes(32) }),
    fc.record({ uid: fc.integer({ min: 0, max: 2 ** 32 - 1 }).filter((uid) => uid !== ANN) }),
    fc.record({ types: fc.constantFrom(['ToolUsage'], [...ALL, 'SafetyPosture'], []) }),
    fc.record({ audience_key: bytes(32) }),
    fc.record({
      not_after: fc.integer({ min: NOW + 1, max: NOW + 8 * HOUR_MS }).filter((at) => at !== NOW + HOUR_MS),
    }),
    fc.record({ not_before: fc.integer({ min: NOW - 1000, max: NOW - 1 }) }),
  )
  let uid = 5_000
  await forAllAsync(change, async (said) => {
    // Another person each time, because tries are limited.
    uid++
    const offer = offered(uid)
    const changed = { ...offer, ...('uid' in said && said.uid === uid ? {} : said) }
    if (Object.is(changed.uid, uid) && 'uid' in said) return
    await expect(begin(changed, { uid })).rejects.toMatchObject({ code: 'refused' })
    expect(sessions.of(uid, uid)).toBeUndefined()
  })
})

const EARLY = { notBefore: NOW - DAY_MS }
const ENDED = [issuerCertificate(EARLY), operatorCertificate({ ...EARLY, notAfter: NOW })]
test.each([
  ['a key without a certificate', { by: other }, 'another key'],
  ['no certificates', { chain: [] }, 'there is no certificate'],
  ['a certificate that has ended', { chain: ENDED }, 'expired'],
])('%s logs nobody in', async (_what, shown, words) => {
  const { offered, begin } = await desk()
  await expect(begin(offered(), shown)).rejects.toThrow(words)
})

test('no offer is for too short or long a time, or for no type of question, and each says what is wrong', async () => {
  const { sessions } = await desk()
  const refused = (for_ms: number, types = ALL) => {
    try {
      return sessions.offer(ANN, { for_ms, types, account: ANN })
    } catch (error) {
      return (error as KaroError).where
    }
  }
  expect(refused(59_999)).toBe('for')
  expect(refused(8 * HOUR_MS + 1)).toBe('for')
  expect(refused(HOUR_MS, [])).toBe('types')
})

test('a node in no mesh offers nothing', async () => {
  const { offered } = await desk({ inMesh: false })
  expect(() => offered()).toThrow('no mesh')
})

test('tries are limited', async () => {
  const { sessions } = await desk()
  const bad = { delegation: new Uint8Array(100), chain: [] }
  for (let i = 0; i < 20; i++)
    await expect(sessions.begin(ANN, { ...bad, account: ANN })).rejects.toMatchObject({ code: 'refused' })
  await expect(sessions.begin(ANN, { ...bad, account: ANN })).rejects.toMatchObject({ code: 'rate_limited' })
  await expect(sessions.begin(BOB, { ...bad, account: BOB })).rejects.toMatchObject({ code: 'refused' })
})

test('logout wipes the key and cancels what is under way', async () => {
  const { sessions, loggedIn, said } = await desk()
  const acting = await loggedIn()
  const key = acting.audience.privateKey
  expect(key.some((byte) => byte !== 0)).toBe(true)
  expect(await sessions.end(BOB, BOB)).toBeUndefined()
  expect(acting.ended.aborted).toBe(false)
  expect(await sessions.end(ANN, ANN)).toMatchObject({ name: 'carol' })
  expect(key.every((byte) => byte === 0)).toBe(true)
  expect(acting.ended.aborted).toBe(true)
  expect(sessions.of(ANN, ANN)).toBeUndefined()
  expect(said().at(-1)).toEqual(['operator_logout', true, 'logout'])
})

test('a second login of a person ends the first', async () => {
  const { sessions, login, loggedIn, said } = await desk()
  const first = await loggedIn()
  await login()
  expect(first.ended.aborted).toBe(true)
  expect(said()).toContainEqual(['operator_logout', true, 'again'])
  expect(sessions.of(ANN, ANN)?.ended.aborted).toBe(false)
})

test('nothing is asked under another name after a login that ended by itself, until the person logs in or out', async () => {
  const { sessions, login, pass } = await desk()
  const asks = () => sessions.of(ANN, ANN, true)?.name
  for (const [again, name] of [
    [() => login(ANN, HOUR_MS), 'carol'],
    [() => sessions.end(ANN, ANN), undefined],
  ] as const) {
    await login(ANN, HOUR_MS)
    pass(HOUR_MS)
    for (const _ of [1, 2])
      expect(asks).toThrow('your login as an operator has ended: the time of the login is over')
    expect([sessions.lapsed(ANN), sessions.lapsed(BOB)]).toEqual(['the time of the login is over', undefined])
    expect(sessions.of(BOB, BOB, true)).toBeUndefined()
    await again()
    expect([asks(), sessions.lapsed(ANN)]).toEqual([name, undefined])
  }
})

test('it ends by itself at its end, and with the daemon', async () => {
  const { sessions, login, pass, said } = await desk()
  await login(ANN, HOUR_MS)
  await login(BOB, 2 * HOUR_MS)
  const [anns, bobs] = [sessions.of(ANN, ANN)!, sessions.of(BOB, BOB)!]
  pass(HOUR_MS - 1)
  expect(anns.ended.aborted).toBe(false)
  pass(1)
  expect(anns.ended.aborted).toBe(true)
  expect(said().at(-1)).toEqual(['operator_logout', true, 'expired'])
  await sessions.stop()
  expect([bobs.ended.aborted, sessions.of(BOB, BOB)]).toEqual([true, undefined])
  expect(sessions.of(BOB, BOB, true)).toBeUndefined()
  expect(said().at(-1)).toEqual(['operator_logout', true, 'stopping'])
})

test.each<[how: string, stop: (at: Desk) => unknown]>([
  ['it stopped', ({ sessions }) => sessions.stop()],
  ['it crashed', () => {}],
  ['the login had ended', ({ pass }) => pass(HOUR_MS)],
])('a node that starts anew asks nothing in another name until that person decides: %s', async (_, stop) => {
  const first = await desk()
  await first.login(ANN)
  await first.login(BOB)
  await first.login(BOB)
  await first.sessions.end(BOB, BOB)
  await stop(first)
  const why = 'no login outlives a start of this node'
  const second = await desk({ ledger: first.audited })
  expect([second.sessions.lapsed(ANN), second.sessions.lapsed(BOB)]).toEqual([why, undefined])
  expect(() => second.sessions.of(ANN, ANN, true)).toThrow(`your login as an operator has ended: ${why}`)
  expect(await second.sessions.end(ANN, ANN)).toBeUndefined()
  expect(second.sessions.of(ANN, ANN, true)).toBeUndefined()
  // What the person decided holds after the next start, too.
  const third = await desk({ ledger: [...first.audited, ...second.audited] })
  expect(third.sessions.lapsed(ANN)).toBeUndefined()
})

test('a login that stands in the ledger of a clock that was ahead asks nothing of the next start', async () => {
  const first = await desk()
  await first.login(ANN)
  const ahead = first.audited.map((entry) => ({ ...entry, ts: NOW + 366 * DAY_MS }))
  expect((await desk({ ledger: ahead })).sessions.lapsed(ANN)).toBeUndefined()
})

test('who gets the number of a person whose login ended is asked nothing, also after the next start', async () => {
  const first = await desk()
  await first.login(ANN)
  const second = await desk({ ledger: first.audited })
  await second.sessions.forget(ANN)
  expect(second.said()).toEqual([['operator_logout', true, 'other_account']])
  const third = await desk({ ledger: [...first.audited, ...second.audited] })
  expect(third.sessions.lapsed(ANN)).toBeUndefined()
})

type Desk = Awaited<ReturnType<typeof desk>>
test.each<[why: string, act: (at: Desk) => unknown]>([
  ['certificate_revoked', ({ roll }) => roll.list(listOf(issuer, [operator.publicKey], { number: 1 }), NOW)],
  ['denied', ({ refused }) => refused.add(operator.nodeId)],
  ['issuer_denied', ({ refused }) => refused.add(issuer.nodeId)],
])('it ends when the key is revoked, or people here deny it or its issuer: %s', async (why, act) => {
  const here = await desk()
  const acting = await here.loggedIn()
  act(here)
  here.change()
  here.pass(0)
  expect(acting.ended.aborted).toBe(true)
  expect(here.said().at(-1)).toEqual(['operator_logout', true, why])
  // Also where nobody tells: it is looked at whenever somebody asks.
  const quiet = await desk()
  await quiet.login()
  act(quiet)
  expect(quiet.sessions.of(ANN, ANN)).toBeUndefined()
})

test('it ends with the certificate, unless a newer one came here', async () => {
  const soon = NOW + 2 * 60_000
  for (const isRenewed of [false, true]) {
    const { sessions, offered, begin, pass, roll } = await desk()
    await begin(offered(), { chain: [issuerCertificate(), operatorCertificate({ notAfter: soon })] })
    const acting = sessions.of(ANN, ANN)!
    if (isRenewed) roll.certificate(operatorCertificate({ version: NOW + 1, roles: [] }), NOW)
    pass(2 * 60_000)
    expect(acting.ended.aborted).toBe(!isRenewed)
    if (isRenewed) expect(sessions.of(ANN, ANN)).toMatchObject({ roles: [], chain: [{}, {}] })
    pass(HOUR_MS)
    expect(acting.ended.aborted).toBe(true)
  }
})

test('a clock that is set back makes no login longer', async () => {
  const { sessions, loggedIn, pass, clock, said } = await desk()
  const acting = await loggedIn()
  clock.back = 5 * HOUR_MS
  pass(HOUR_MS - 1)
  expect(sessions.of(ANN, ANN)).toBeDefined()
  pass(1)
  expect(acting.ended.aborted).toBe(true)
  expect(sessions.of(ANN, ANN)).toBeUndefined()
  expect(said().at(-1)).toEqual(['operator_logout', true, 'expired'])
})

test('a newer certificate that ends sooner ends the login then, with nobody asking', async () => {
  const { loggedIn, pass, roll, change } = await desk()
  const acting = await loggedIn()
  roll.certificate(operatorCertificate({ version: NOW + 1, notAfter: NOW + 60_000 }), NOW)
  change()
  pass(0)
  pass(60_000)
  expect(acting.ended.aborted).toBe(true)
})

test('a person whose uid was somebody else’s logs in by the uid, and nobody else of that uid is logged in by it', async () => {
  const { sessions, offered, begin } = await desk()
  const eve = 2 ** 31
  const offer = offered(eve, { account: ANN })
  expect(offer.uid).toBe(ANN)
  await expect(begin(offer)).rejects.toThrow('took too long')
  await begin(offer, { uid: eve, account: ANN })
  expect(sessions.of(eve, ANN)).toMatchObject({ name: 'carol' })
  // The person who had the uid before, and has its number still.
  expect(sessions.of(ANN, ANN)).toBeUndefined()
})

test('an account that is given the data of a person does not have the login of that person', async () => {
  const { sessions, login, loggedIn, said } = await desk()
  const acting = await loggedIn()
  // Root gave ann's data to bob: the number is hers still, and the account is his.
  expect(sessions.of(ANN, BOB)).toBeUndefined()
  expect([acting.ended.aborted, sessions.of(ANN, ANN)]).toEqual([true, undefined])
  expect(said().at(-1)).toEqual(['operator_logout', true, 'other_account'])
  await login(ANN)
  expect(sessions.state(ANN, BOB)).toBeUndefined()
  await login(ANN)
  expect(await sessions.end(ANN, BOB)).toBeUndefined()
  expect(sessions.count()).toBe(0)
  await login(ANN)
  await sessions.forget(ANN)
  expect([sessions.count(), sessions.of(ANN, ANN)]).toEqual([0, undefined])
})
