// Capabilities: what covers what, chains that only narrow, forgeries, revocation of what was derived, and how long each lasts.

import { describe, expect, it, test } from 'vitest'
import {
  attenuate,
  type Capability,
  type CapabilityBody,
  CHAIN_MAX,
  type Chain,
  intersect,
  problemOf,
  readChain,
  signCapability,
  writeChain,
} from '../../../src/agents/capabilities/document.ts'
import { covers, describeName, lastsOf, parseName } from '../../../src/agents/capabilities/names.ts'
import fc, { forAll } from '../../support/run/properties.ts'
import { action, approvalOf, OTHER, rig, SELF, yes } from './rig.ts'

const NOW = 1_800_000_000_000
const hex = (digit: string) => digit.repeat(32)
const where = { own: [SELF.nodeId], now: NOW, isRevoked: () => false }

const body = (over: Partial<CapabilityBody> = {}): CapabilityBody => ({
  id: hex('a'),
  parent: null,
  issuer: SELF.nodeId,
  holder: OTHER.nodeId,
  subject: 'kExecutor:build',
  names: ['fs.read:/srv', 'proc.exec:git'],
  issued_at: NOW,
  expires_at: NOW + 60_000,
  once: false,
  ...over,
})
const root = (over: Partial<CapabilityBody> = {}): Chain => [signCapability(body(over), SELF)]
const child = (over: Partial<CapabilityBody> = {}, signer = OTHER): Capability =>
  signCapability(body({ id: hex('b'), parent: hex('a'), issuer: signer.nodeId, ...over }), signer)

test.each([
  ['fs.read:/srv', 'fs.read:/srv/app', true],
  ['fs.read:/srv', 'fs.read:/srv', true],
  ['fs.read:/', 'fs.read:/etc', true],
  ['fs.read:/srv', 'fs.read:/srvx', false],
  ['fs.read:/srv/app', 'fs.read:/srv', false],
  ['fs.read:/srv', 'fs.write:/srv', false],
  ['fs.write:/srv', 'fs.read:/srv/app', true],
  ['fs.read:/srv', 'fs.read:/srv/../etc', false],
  ['proc.exec:git', 'proc.exec:/usr/bin/git', true],
  ['proc.exec:git', 'proc.exec:/tmp/git', false],
  ['proc.exec:/opt/git', 'proc.exec:git', false],
  ['net.connect:10.0.0.5:5432', 'net.connect:10.0.0.5:5432', true],
  ['net.connect:10.0.0.5:5432', 'net.connect:10.0.0.5:543', false],
  ['agent.task:kExecutor:build', 'agent.task:kExecutor:build2', false],
])('%s covers %s: %s', (held, wanted, does) => {
  expect(covers(held, wanted)).toBe(does)
})

test.each([
  ...['', 'proc.exec:a b', 'fs.read:/a\nb', `fs.read:/${'x'.repeat(2_000)}`],
  ...'fs.read fs.read: fs.read:srv fs.read:/a/../b fs.read:/a//b fs.read:/a/ fs.eat:/a'.split(' '),
  ...'proc.exec:-x net.connect:h net.connect:h:0 net.connect:h:70000 agent.task:x'.split(' '),
])('%j is no name', (name) => {
  expect(() => parseName(name)).toThrow()
})

describe('a child has what was asked for, as far as the parent has it', () => {
  const name = fc.oneof(
    fc
      .tuple(fc.constantFrom('fs.read', 'fs.write'), fc.array(fc.constantFrom('a', 'b'), { maxLength: 3 }))
      .map(([kind, parts]) => `${kind}:/${parts.join('/')}`),
    fc.constantFrom('proc.exec:git', 'proc.exec:/usr/bin/git', 'proc.exec:/opt/x'),
  )
  it('and never more', () => {
    forAll(fc.array(name, { minLength: 1, maxLength: 4 }), fc.array(name, { maxLength: 4 }), (has, wants) => {
      for (const one of intersect(has, wants)) {
        expect(has.some((held) => covers(held, one))).toBe(true)
        expect(wants.some((wanted) => covers(wanted, one))).toBe(true)
      }
      // Nothing that both sides cover is lost.
      for (const one of [...has, ...wants])
        if (has.some((a) => covers(a, one)) && wants.some((b) => covers(b, one)))
          expect(intersect(has, wants).some((made) => covers(made, one))).toBe(true)
    })
  })

  it('made by its holder alone, without asking anybody', () => {
    const wanted = { ...body({ id: hex('b'), names: ['fs.read:/srv/app', 'fs.write:/etc'] }) }
    const made = attenuate(root(), { ...wanted, expires_at: NOW + 9_999_999 }, OTHER)
    expect(made?.at(-1)?.body).toMatchObject({ names: ['fs.read:/srv/app'], expires_at: NOW + 60_000 })
    expect(problemOf(made as Chain, where)).toBeUndefined()
    expect(readChain(writeChain(made as Chain))).toEqual(made)
    expect(attenuate(root(), { ...wanted, names: ['fs.write:/etc'] }, OTHER)).toBeUndefined()
  })

  it('in a chain of bounded length', () => {
    let chain: Chain | undefined = root({ holder: SELF.nodeId })
    for (let i = 1; i < CHAIN_MAX; i++)
      chain = attenuate(chain as Chain, { ...body({ id: hex(String(i)), holder: SELF.nodeId }) }, SELF)
    expect(problemOf(chain as Chain, where)).toBeUndefined()
    expect(attenuate(chain as Chain, body({ id: hex('f') }), SELF)).toBeUndefined()
  })
})

const [granted] = root() as [Capability]
test.each<[string, Chain, Partial<typeof where>]>([
  ['of another machine', root({ issuer: OTHER.nodeId }), {}],
  ['granted by another one', [signCapability(body({ issuer: OTHER.nodeId }), OTHER)], {}],
  ['forged', [{ ...granted, body: { ...granted.body, names: ['fs.write:/'] } }], {}],
  ['without its parent', [child()], {}],
  ['wider in its names', [granted, child({ names: ['fs.read:/'] })], {}],
  ['longer than its parent', [granted, child({ expires_at: NOW + 60_001 })], {}],
  ['signed by who did not hold it', [granted, child({}, SELF)], {}],
  ['of another parent', [granted, child({ parent: hex('c') })], {}],
  ['used more often', [...root({ once: true }), child()], {}],
  ['expired', root(), { now: NOW + 60_000 }],
  ['from the future', root(), { now: NOW - 120_000 }],
  ['revoked', root(), { isRevoked: () => true }],
  ['derived from one that is revoked', [granted, child()], { isRevoked: (id?: string) => id === hex('a') }],
  ['empty', [], {}],
])('a chain that is %s gives nothing', (_, chain, over) => {
  expect(problemOf(chain, { ...where, ...over })).toBeTypeOf('string')
})

test('bytes that are no chain are none', () => {
  forAll(fc.uint8Array({ maxLength: 64 }), (bytes) => {
    expect(readChain(bytes)).toBeUndefined()
  })
})

test('how long each lasts follows from its risk', () => {
  expect(lastsOf(['fs.read:/srv'])).toEqual({ seconds: 3_600, once: false })
  expect(lastsOf(['fs.read:/srv', 'fs.write:/srv'])).toEqual({ seconds: 300, once: false })
  expect(lastsOf(['proc.exec:git', 'fs.read:/srv'])).toEqual({ seconds: 60, once: false })
  expect(lastsOf(['proc.exec:bash'])).toEqual({ seconds: 60, once: true })
  expect(lastsOf(['fs.write:/'])).toMatchObject({ once: true })
  expect(describeName('fs.write:/srv')).toBe('read, change and delete /srv and everything below it')
})

const git = action({
  agent: 'kExecutor:build',
  argv: ['git', 'status'],
  requester: { node: SELF.nodeId, person: '1000', sessions: ['77:1'] },
})

describe('the room', () => {
  it('takes back what was derived, also while somebody waits for an approval by it', async () => {
    const all = await rig()
    const gone: string[] = []
    all.capabilities.onRevoked((subject, which) => gone.push(`${subject} ${which}`))
    const { id } = await all.capabilities.grant({ subject: 'kExecutor:x', names: ['proc.exec:git'], by: 0 })
    const narrower = { subject: 'kExecutor:build', names: ['proc.exec:git'], from: id, by: 0 }
    const part = await all.capabilities.grant(narrower)
    const verdict = await all.gates.judge(git)
    expect(await all.capabilities.revoke(id.slice(0, 8), 0)).toEqual([id, part.id])
    expect(gone.sort()).toEqual([`kExecutor:build ${part.id}`, `kExecutor:x ${id}`])
    const approval = approvalOf(verdict)
    await yes(all, approval)
    expect(await all.gates.settled(approval, git, all.signal)).toMatchObject({ gate: 'capability' })
    // Nor after a start, though the chain itself still stands somewhere.
    const next = await rig({ tables: all.tables, now: all.time.now })
    expect(next.capabilities.list()).toEqual([])
  })

  it('uses a critical one up, once, however many want it', async () => {
    const all = await rig()
    const { id } = await all.capabilities.grant({
      subject: 'kExecutor:build',
      names: ['proc.exec:bash'],
      by: 0,
    })
    const spent = await Promise.all([1, 2, 3].map(() => all.capabilities.spend([id])))
    expect(spent.filter(Boolean)).toHaveLength(1)
    expect(all.capabilities.covering('kExecutor:build', ['proc.exec:bash']).missing).toHaveLength(1)
  })

  it('takes back what was used up, while something may still run by it, and derives nothing from it', async () => {
    const all = await rig()
    const gone: string[] = []
    all.capabilities.onRevoked((subject) => gone.push(subject))
    const names = ['proc.exec:bash', 'fs.read:/srv']
    const { id } = await all.capabilities.grant({ subject: 'kExecutor:build', names, by: 0 })
    await all.capabilities.spend([id])
    const reads = () => all.capabilities.covering('kExecutor:build', ['fs.read:/srv'], { begun: true })
    expect(reads().missing).toEqual([])
    const part = { subject: 'kExecutor:x', names: ['fs.read:/srv'], from: id, by: 0 }
    await expect(all.capabilities.grant(part)).rejects.toMatchObject({ code: 'not_found' })
    expect(await all.capabilities.revoke(id, 0)).toEqual([id])
    expect([gone, reads().missing]).toEqual([['kExecutor:build'], ['fs.read:/srv']])
    await expect(all.capabilities.revoke(id, 0)).rejects.toMatchObject({ code: 'not_found' })
  })

  it('says until when an agent has all that it needs, by the last of the grants of each', async () => {
    const all = await rig()
    const grant = (name: string, seconds: number) =>
      all.capabilities.grant({ subject: 'kExecutor:fs', names: [name], by: 0, seconds })
    const until = (...needed: string[]) =>
      all.capabilities.covering('kExecutor:fs', needed).until - all.time.now
    expect(until()).toBe(Number.POSITIVE_INFINITY)
    await grant('fs.read:/opt', 600)
    await grant('fs.write:/srv', 100)
    expect(until('fs.read:/opt', 'fs.write:/srv')).toBe(100_000)
    await grant('fs.write:/srv', 200)
    expect(until('fs.read:/opt', 'fs.write:/srv')).toBe(200_000)
  })

  it('forgets it when its time is over, and gives no other agent anything', async () => {
    const all = await rig()
    await all.capabilities.grant({ subject: 'kExecutor:build', names: ['proc.exec:git'], by: 0 })
    expect(all.capabilities.covering('kExecutor:other', ['proc.exec:git']).missing).toHaveLength(1)
    await all.time.pass(60_000)
    expect(all.capabilities.covering('kExecutor:build', ['proc.exec:git']).missing).toHaveLength(1)
  })

  it('holds what was granted with a key that this node had before, also for a part and for other code', async () => {
    const before = await rig()
    const pin = { code: [], tools: null }
    const wanted = { subject: 'kExecutor:a', names: ['fs.read:/srv'], by: 0 }
    const { id } = await before.capabilities.grant({ ...wanted, pin })
    const { tables } = before
    const strange = await rig({ tables, identity: OTHER })
    expect(strange.capabilities.list()).toEqual([])
    // After a rotation, the key that granted is a former one.
    const identity = { ...OTHER, former: [SELF] }
    const rotated = await rig({ tables, identity })
    expect(rotated.capabilities.covering('kExecutor:a', ['fs.read:/srv/app']).missing).toEqual([])
    await rotated.capabilities.grant({ ...wanted, subject: 'kExecutor:b', from: id })
    await rotated.capabilities.pin('kExecutor:a', { ...pin, tools: 'others' })
    for (const { capabilities } of [rotated, await rig({ tables, identity })]) {
      expect(capabilities.list().map(({ subject }) => subject)).toEqual(['kExecutor:a', 'kExecutor:b'])
      expect(capabilities.pinOf('kExecutor:a')?.tools).toBe('others')
    }
  })

  it('takes all of an agent back, also what the clock or another key keeps from holding at that moment', async () => {
    const all = await rig()
    const { tables } = all
    const subject = 'kExecutor:build'
    const names = ['fs.read:/srv']
    const pin = { code: [], tools: null }
    const { id } = await all.capabilities.grant({ subject, names, pin, by: 0 })
    await all.capabilities.grant({ subject: 'kExecutor:part', names, from: id, by: 0 })
    await all.capabilities.grant({ subject: 'kExecutor:other', names, by: 0 })
    const subjects = ({ capabilities }: typeof all) => capabilities.list().map((one) => one.subject)
    expect(subjects(all)).toEqual([subject, 'kExecutor:part', 'kExecutor:other'])
    all.time.now -= 3_600_000
    expect(subjects(all)).toEqual([])
    await all.capabilities.revokeAll(subject, 0)
    all.time.now += 3_600_000
    const strange = await rig({ tables, identity: OTHER })
    expect(subjects(strange)).toEqual([])
    await strange.capabilities.revokeAll('kExecutor:other', 0)
    for (const [now, left] of [
      [all, ['kExecutor:other']],
      [await rig({ tables, identity: { ...OTHER, former: [SELF] } }), []],
    ] as const) {
      expect(now.capabilities.covering(subject, names).missing).toEqual(names)
      expect(subjects(now)).toEqual(left)
    }
  })

  it('grants no part that is more than the whole', async () => {
    const { capabilities } = await rig()
    const { id } = await capabilities.grant({ subject: 'kExecutor:a', names: ['fs.read:/srv'], by: 0 })
    const wanted = { subject: 'kExecutor:b', names: ['fs.write:/etc'], from: id, by: 0 }
    await expect(capabilities.grant(wanted)).rejects.toThrow('allows none of that')
    expect(await capabilities.grant({ ...wanted, names: ['fs.read:/'] })).toMatchObject({
      names: ['fs.read:/srv'],
    })
  })
})
