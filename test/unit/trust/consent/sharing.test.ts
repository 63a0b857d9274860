// Consent kept: decisions hold once they are durable, none is lost to another, and none holds that was not written.
import { expect, test } from 'vitest'
import { audience } from '../../../../src/config/values.ts'
import { createConsentRepository } from '../../../../src/store/tables/consent.ts'
import type { AuditRecord } from '../../../../src/trust/audit/index.ts'
import { createSharing } from '../../../../src/trust/consent/index.ts'
import { temporaryDatabase } from '../../../support/data/database.ts'
import { testIdentity } from '../../../support/mesh/identity.ts'
import { plainPolicy } from '../../../support/mesh/policy.ts'
import { some } from '../../../support/some.ts'
import { trustRoom } from '../peers/world.ts'

const file = {
  max_level: 1,
  allow: { peers: ['team:eng'], supervisors: ['*'] },
  categories: { tool_usage: true, activity_patterns: true, safety_stats: false, anomalies: true },
  anomalies: 'identified',
  k_min: 5,
  budget: 28,
} as const

async function sharing(repository?: Parameters<typeof createSharing>[0]['consent']) {
  const audits: AuditRecord[] = []
  const consent = repository ?? createConsentRepository(await temporaryDatabase())
  const made = createSharing({
    config: { sharing: file },
    consent,
    policy: plainPolicy(),
    trust: some<Parameters<typeof createSharing>[0]['trust']>({ known: () => [] }),
    audit: { record: async (entry) => void audits.push(entry) },
    clock: { now: () => 1_000, monotonic: () => 0 },
  })
  return { made, audits, consent }
}

test('the file holds for each person until they decide, and its levels and categories for good', async () => {
  const { made } = await sharing()
  expect(await made.consentOf(1000)).toEqual({
    allow_peers: ['team:eng'],
    allow_supervisors: ['*'],
    deny_peers: [],
    allow_only: [],
    deny_only: [],
    off: false,
    max_level: 1,
    categories: file.categories,
    anomalies: 'identified',
  })
  await made.allow(1000, 'role:lead')
  const { max_level, categories } = file
  const decided = { allow_peers: ['team:eng', 'role:lead'], max_level, categories }
  expect(await made.consentOf(1000)).toMatchObject(decided)
  expect(await made.consentOf(1001)).toMatchObject({ allow_peers: ['team:eng'] })
})

test('a decision about categories holds, is kept, is shown and is in the ledger', async () => {
  const { made, audits, consent } = await sharing()
  await made.allow(1000, 'role:lead', ['tool_usage'])
  const shown = await made.stop(1000, 'team:eng', ['anomalies', 'tool_usage'])
  expect(shown).toMatchObject({
    allow_only: [{ who: 'role:lead', categories: ['tool_usage'] }],
    stopped_only: [{ who: 'team:eng', categories: ['tool_usage', 'anomalies'] }],
  })
  const after = await (await sharing(consent)).made.consentOf(1000)
  expect(after).toMatchObject({ allow_only: shown.allow_only, deny_only: shown.stopped_only })
  expect(audits.map(({ details }) => details)).toEqual([
    { uid: 1000, change: 'allow', who: 'role:lead', categories: 'tool_usage' },
    { uid: 1000, change: 'stop', who: 'team:eng', categories: 'anomalies tool_usage' },
  ])
})

test('how far anomalies leave is the file’s until the person chooses, and other decisions leave it to the file', async () => {
  const { made, audits, consent } = await sharing()
  await made.allow(1000, 'role:lead')
  expect(await consent.get(1000)).not.toHaveProperty('anomalies')
  expect((await made.show(1000)).anomalies).toBe('identified')
  expect((await made.anomalies(1000, 'off')).anomalies).toBe('off')
  await made.allow(1000, 'team:ops')
  await made.off(1000)
  await made.on(1000)
  const after = await sharing(consent)
  const kept = { anomalies: 'off', allow_peers: ['team:eng', 'role:lead', 'team:ops'] }
  expect(await after.made.consentOf(1000)).toMatchObject(kept)
  expect(await after.made.consentOf(1001)).toMatchObject({ anomalies: 'identified' })
  expect(audits[1]?.details).toEqual({ uid: 1000, change: 'anomalies_off' })
})

test('everything that was decided is undone at once, and then the file holds, totals too', async () => {
  const { made, audits } = await sharing()
  const before = await made.consentOf(1000)
  await made.anomalies(1000, 'off')
  await made.stop(1000, '*')
  await made.stop(1000, 'role:lead')
  expect(await made.consentOf(1000)).toMatchObject({ allow_supervisors: [], anomalies: 'off' })
  await made.reset(1000)
  expect(await made.consentOf(1000)).toEqual(before)
  expect(audits.at(-1)).toMatchObject({ type: 'consent_change', details: { change: 'reset' } })
})

test('who decided nothing is off with everybody else, and then decides like anybody', async () => {
  const { made, consent } = await sharing()
  const before = await made.consentOf(1001)
  for (const uid of await createConsentRepository(await temporaryDatabase()).everybody()) await made.off(uid)
  expect(await made.show(1001)).toMatchObject({ sharing: 'off', source: 'decision' })
  await made.allow(1002, 'role:lead')
  expect(await made.consentOf(1002)).toMatchObject({ off: false, allow_peers: ['role:lead'] })
  await made.on(1003)
  expect(await made.consentOf(1003)).toEqual(before)
  await made.reset(1004)
  expect(await made.consentOf(1004)).toEqual(before)
  expect((await consent.get(1001))?.off).toBe(true)
})

test('decisions outlive a restart', async () => {
  const { made, consent } = await sharing()
  await made.stop(1000, 'team:eng')
  const after = await sharing(consent)
  expect(await after.made.consentOf(1000)).toMatchObject({ allow_peers: [], deny_peers: ['team:eng'] })
  expect((await after.made.show(1000)).source).toBe('decision')
  expect((await after.made.show(1001)).source).toBe('config')
})

test('decisions made at the same time all hold', async () => {
  const { made, audits } = await sharing()
  const teams = Array.from({ length: 20 }, (_, i) => `team:t${i}`)
  await Promise.all(teams.map((team) => made.allow(1000, team)))
  const { allow_peers } = await made.consentOf(1000)
  expect(allow_peers.toSorted()).toEqual(['team:eng', ...teams].toSorted())
  expect(audits.map((entry) => entry.details.who)).toEqual(teams)
})

test('a decision that cannot be written is refused, changes nothing, and does not stop the next one', async () => {
  const db = createConsentRepository(await temporaryDatabase())
  let broken = true
  const { made, audits } = await sharing({
    get: (uid) => db.get(uid),
    put: (record) => (broken ? Promise.reject(new Error('disk full')) : db.put(record)),
  })
  let told = 0
  made.onChange(() => told++)
  await expect(made.stop(1000, '*')).rejects.toThrow('disk full')
  expect(await made.consentOf(1000)).toMatchObject({ allow_peers: ['team:eng'] })
  expect([audits, told]).toEqual([[], 0])
  broken = false
  await made.stop(1000, '*')
  expect(await made.consentOf(1000)).toMatchObject({ allow_peers: [], allow_supervisors: [] })
  expect([audits.length, told]).toEqual([1, 1])
})

test('what is decided already is not decided again: nothing is written, told or noted', async () => {
  const { made, audits } = await sharing()
  let told = 0
  made.onChange(() => told++)
  // What the file says, decided: it holds from now on, whatever becomes of the file.
  await made.on(1000)
  expect([(await made.show(1000)).source, audits.length, told]).toEqual(['decision', 1, 1])
  for (let i = 0; i < 3; i++) {
    await made.on(1000)
    await made.allow(1000, 'team:eng')
  }
  expect([audits.length, told]).toEqual([1, 1])
  const changes = ['off', 'off', 'on', 'on'] as const
  for (const change of changes) await made[change](1000)
  await made.stop(1000, 'team:eng')
  await made.stop(1000, 'team:eng')
  await made.stop(1000, 'team:sales')
  await made.stop(1000, '*')
  await made.allow(1000, 'team:sales')
  expect(audits.map(({ details }) => [details.change, details.who])).toEqual([
    ['on', undefined],
    ['off', undefined],
    ['on', undefined],
    ['stop', 'team:eng'],
    ['stop', 'team:sales'],
    ['stop', '*'],
    ['allow', 'team:sales'],
  ])
})

test('a team is named alike in the file, in trust and in sharing', async () => {
  const { made } = await sharing()
  const { trust } = await trustRoom()
  const taken = async (use: () => unknown): Promise<boolean> => {
    try {
      await use()
      return true
    } catch {
      return false
    }
  }
  const names = ['eng', 'équipe', 'команда', 'a.b_c-1', 'x'.repeat(64)]
  const none = ['', 'two words', '-x', 'a/b', 'a:b', 'eng\n', '\u202eeng', 'x'.repeat(65)]
  for (const name of [...names, ...none]) {
    const everywhere = await Promise.all([
      taken(() => audience.check(`team:${name}`)),
      taken(() => trust.trust(testIdentity(1).nodeId, { teams: [name] })),
      taken(() => made.allow(1000, `team:${name}`)),
    ])
    expect([name, everywhere]).toEqual([name, Array(3).fill(names.includes(name))])
  }
})
