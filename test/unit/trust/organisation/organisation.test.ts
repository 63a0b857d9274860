// The policy bundle of the root: who may sign one, what it narrows, what it cannot open, and what a broken one leaves in force.

import { expect, test } from 'vitest'
import { meshOf } from '../../../../src/trust/certificates/index.ts'
import { compilePolicies } from '../../../../src/trust/policy/load.ts'
import { testIdentity } from '../../../support/mesh/identity.ts'
import { code } from '../../../support/run/code.ts'
import { FRIDAY as NOW } from '../policy/requests.ts'
import { bundle, organisationRoom as made, root } from './world.ts'

const other = testIdentity(9_002)
const [BAD, CONFLICT] = [code('bad_config'), code('conflict')]

/** Of the owner: single nodes for leads alone. */
const OWN = await compilePolicies(
  'own.cedar',
  'permit (principal in Role::"lead", action, resource);\npermit (principal in Role::"individual", action, resource) when { resource.level == 2 };',
)

const NO_LEADS = `@id("no-leads")
forbid (principal in Role::"lead", action, resource);
permit (principal in Role::"security", action, resource);`

test('its forbid holds, its permit does not, and its limits narrow', async () => {
  const { organisation, asks, said, audited, changes } = made({ own: OWN })
  expect(asks(1, ['lead'], ['eng']).effect).toBe('allow')
  const frame = bundle(0, { text: NO_LEADS })
  await organisation.take(frame)
  expect(asks(1, ['lead'], ['eng'])).toMatchObject({ effect: 'deny', rule: 'no-leads@organisation.cedar:1' })
  expect(asks(1, ['security']).effect).toBe('deny')
  expect(asks(2).effect).toBe('allow')
  expect(said).toEqual([frame])
  expect(changes()).toBe(1)
  expect(audited).toMatchObject([
    { type: 'policy_change', success: true, details: { number: 0, policies: 2 } },
  ])

  await organisation.take(
    bundle(1, {
      max_level: 1,
      k_min: 20,
      aggregators: [{ key: other.publicKey, operator: 'site b' }],
      audiences: ['security'],
    }),
  )
  expect(asks(2, ['security'])).toMatchObject({ effect: 'deny', rule: 'organisation.max_level' })
  // The first bundle is replaced as a whole.
  expect(asks(1, ['lead'], ['eng']).effect).toBe('allow')
  expect(organisation.state()).toEqual({
    number: 1,
    signed_at: NOW + 1,
    policies: 0,
    text: '',
    max_level: 1,
    k_min: 20,
    settings: {},
    lost: null,
    problem: null,
    totals: {
      aggregators: [{ node_id: other.nodeId, operator: 'site b' }],
      bucket: 'day',
      began: null,
      noise: null,
      audiences: ['security'],
      former: [],
    },
  })
  await organisation.take(bundle(2))
  expect(asks(2, ['security']).effect).toBe('allow')
})

test('a bundle in which one operator runs two aggregators is refused whole', async () => {
  const { organisation } = made()
  const named = (operator: string) => [
    { key: other.publicKey, operator: 'Site B' },
    { key: root.publicKey, operator },
  ]
  await organisation.take(bundle(0, { aggregators: named('site a'), max_level: 1 }))
  const twice = bundle(1, { aggregators: named('site b ') })
  await expect(organisation.take(twice)).rejects.toEqual(BAD)
  expect(await organisation.documents.readable(twice)).toBe(false)
  expect(organisation.state()).toMatchObject({ number: 0, max_level: 1 })
})

test('when totals began is not moved to a later time, and what was said once is not said of a mesh that is older', async () => {
  const named = ['site a', 'site b'].map((operator, at) => ({ key: testIdentity(at).publicKey, operator }))
  const { organisation } = made()
  await organisation.take(bundle(0))
  await organisation.take(bundle(1, { began: NOW, aggregators: named }))
  for (const began of [NOW + 1, NOW + 2]) {
    const later = bundle(2, { began, aggregators: named, max_level: 1 })
    expect(await organisation.documents.readable(later)).toBe(false)
    await expect(organisation.take(later)).rejects.toEqual(BAD)
  }
  expect(organisation.state()).toMatchObject({ number: 1, max_level: null })
  await organisation.take(bundle(2, { began: NOW, aggregators: [] }))
  await organisation.take(bundle(3, { began: NOW - 1, aggregators: named }))
  await expect(organisation.take(bundle(4, { began: NOW, aggregators: named }))).rejects.toEqual(BAD)

  const { organisation: older } = made()
  await older.take(bundle(0, { aggregators: named }))
  await expect(older.take(bundle(1, { began: NOW, aggregators: named }))).rejects.toEqual(BAD)
  // Nor in the future.
  await expect(made().organisation.take(bundle(0, { began: NOW + 60_000 }))).rejects.toEqual(BAD)
})

const set = (settings: Readonly<Record<string, unknown>>) => ({
  settings: Object.entries(settings).map(([key, value]) => ({
    key,
    value: new Uint8Array(Buffer.from(JSON.stringify(value))),
  })),
})

test('settings come into force with their bundle, and one that is wrong takes the whole bundle with it', async () => {
  const { organisation } = made()
  const followed: unknown[] = []
  organisation.onSettings((settings) => void followed.push(settings))
  await organisation.start()
  expect(followed).toEqual([undefined])
  await organisation.take(bundle(0, { ...set({ 'guard.profile': 'strict' }), max_level: 1 }))
  for (const wrong of [{ 'guard.profile': 'loose' }, { 'sharing.max_level': 2 }, { 'no.such': 1 }]) {
    const frame = bundle(1, set({ 'guard.on_error': 'block', ...wrong }))
    expect(await organisation.documents.readable(frame)).toBe(false)
    await expect(organisation.take(frame)).rejects.toEqual(BAD)
    organisation.documents.accept(frame, true)
    await organisation.start()
    expect(organisation.state()?.problem).toContain(Object.keys(wrong)[0])
  }
  const settings = { 'guard.profile': 'strict' }
  expect(organisation.state()).toMatchObject({ number: 0, max_level: 1, settings })
  await organisation.take(bundle(2))
  expect(followed.slice(1)).toEqual([
    { edition: 0, settings: { 'guard.profile': 'strict' } },
    { edition: 2, settings: {} },
  ])
})

test('where the owner said so its permit counts too, and never against what the owner forbids', async () => {
  const { organisation, asks } = made({ accept: 'full', own: OWN })
  expect(asks(1, ['security']).effect).toBe('deny')
  await organisation.take(bundle(0, { text: NO_LEADS }))
  const rule = expect.stringContaining('organisation.cedar:3')
  expect(asks(1, ['security'])).toMatchObject({ effect: 'allow', rule })
  expect(asks(1, ['lead'], ['eng']).effect).toBe('deny')
})

test('only the root of this mesh can sign one', async () => {
  const { organisation, said } = made()
  for (const wrong of [
    bundle(0, {}, other),
    bundle(0, { mesh: meshOf(other.publicKey) }),
    bundle(0).subarray(0, -1),
    new Uint8Array(),
  ]) {
    await expect(organisation.take(wrong)).rejects.toMatchObject({ code: 'refused' })
  }
  await expect(made({ trusted: false }).organisation.take(bundle(0))).rejects.toMatchObject({
    code: 'refused',
    message: 'this node is in no mesh',
  })
  expect(organisation.documents.wanted(other.nodeId)).toBe(false)
  expect(organisation.documents.wanted(root.nodeId)).toBe(true)
  expect([said, organisation.state()]).toEqual([[], null])
})

test('an older bundle does not come back, and one from the future waits', async () => {
  const { organisation } = made()
  await organisation.take(bundle(4, { max_level: 1 }))
  for (const number of [4, 3, 0])
    await expect(organisation.take(bundle(number, { version: NOW + 60_000 }))).rejects.toEqual(CONFLICT)
  await expect(organisation.take(bundle(5, { version: NOW + 86_400_000 }))).rejects.toEqual(CONFLICT)
  organisation.documents.accept(bundle(2), true)
  await organisation.start()
  expect(organisation.state()).toMatchObject({ number: 4, max_level: 1, problem: null })
})

test('policies that cannot be read leave the last bundle in force, and are told', async () => {
  const { organisation, asks, audited } = made()
  await organisation.take(bundle(0, { text: NO_LEADS }))
  await expect(
    organisation.take(bundle(1, { text: 'forbid (principal, action, resource) when { x' })),
  ).rejects.toMatchObject({
    code: 'bad_config',
    where: expect.stringMatching(/^organisation\.cedar:1:/),
  })
  organisation.documents.accept(bundle(2, { policies: Uint8Array.of(0xff) }), true)
  await organisation.start()
  expect(asks(1, ['lead'], ['eng']).effect).toBe('deny')
  expect(organisation.state()).toMatchObject({ number: 0, problem: expect.stringContaining('UTF-8') })
  expect(audited.at(-1)).toMatchObject({ type: 'policy_change', success: false })
})

test('what was kept counts when the node starts, without being written down again', async () => {
  const { organisation, asks, audited } = made()
  organisation.documents.accept(bundle(7, { max_level: 0 }), false)
  await organisation.start()
  expect(asks(1).rule).toBe('organisation.max_level')
  expect(audited).toEqual([])
})

test('what is kept of a mesh that this node left says nothing', async () => {
  const { organisation, audited } = made({ trusted: false })
  organisation.documents.accept(bundle(1), false)
  await organisation.start()
  expect([organisation.state(), audited]).toEqual([null, []])
})
