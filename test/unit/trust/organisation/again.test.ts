// Policy bundles over restarts, wrong clocks and two signers: nothing opens, and all members end with the same one.

import { expect, test } from 'vitest'
import { PolicyBundle } from '../../../../protocols/messages/policy.ts'
import { systemRandom } from '../../../../src/base/clock.ts'
import { silentLog } from '../../../../src/base/run/log.ts'
import { settingsOf } from '../../../../src/config/index.ts'
import { meshOf } from '../../../../src/trust/certificates/index.ts'
import { signStatement } from '../../../../src/trust/identity/index.ts'
import { createOrganisation } from '../../../../src/trust/organisation/index.ts'
import { compilePolicies } from '../../../../src/trust/policy/load.ts'
import { testIdentity } from '../../../support/mesh/identity.ts'
import { policyOf } from '../../../support/mesh/policy.ts'
import { keeperOver } from '../../exchange/documents/keeping.ts'
import type { MemoryRepository } from '../../exchange/documents/network.ts'
import { FRIDAY, principal } from '../policy/requests.ts'

const root = testIdentity(9_011)
const mesh = meshOf(root.publicKey)
const MINUTE = 60_000

const bundle = (number: number, version: number, maxLevel: number, text = ''): Uint8Array =>
  signStatement(
    PolicyBundle,
    { version, number, mesh, policies: Buffer.from(text), max_level: maxLevel, aggregators: [] },
    root,
    version,
    systemRandom,
  )

/** The room with the real keeper of its documents; with the repository of another one it is that node after a restart. */
async function node(repository?: MemoryRepository) {
  const time = { now: FRIDAY }
  const clock = { now: () => time.now, monotonic: () => time.now }
  const policy = policyOf({ now: clock.now })
  const organisation = createOrganisation({
    root: () => ({ key: root.publicKey, mesh }),
    policy,
    compile: compilePolicies,
    settingsOf,
    log: silentLog,
    clock,
    audit: { record: async () => {} },
    changed: () => {},
  })
  const keeper = keeperOver({
    identity: testIdentity(9_012),
    now: clock.now,
    ports: { policy_bundle: organisation.documents },
    repository,
  })
  organisation.onDocument(async (frame) => void (await keeper.publish('policy_bundle', frame)))
  const settled = () => organisation.start()
  await keeper.load()
  await settled()
  return {
    organisation,
    repository: keeper.repository,
    time,
    async hear(frame: Uint8Array) {
      await keeper.keep(frame)
      await settled()
    },
    rule: () =>
      policy.judge(
        principal({}),
        'query.tool_usage',
        { level: 1, category: 'tool_usage' },
        { at: time.now, range: { start: time.now - MINUTE, end: time.now } },
      ).rule,
    limit: () => organisation.state()?.max_level,
    lost: () => organisation.state()?.lost,
  }
}

test('a bundle that cannot be read leaves the last one in force, also after a restart', async () => {
  const one = await node()
  await one.hear(bundle(0, FRIDAY - 2, 0))
  await one.hear(bundle(1, FRIDAY - 1, 0, 'forbid (principal, action, resource) when { principal.later };'))
  const restarted = await node(one.repository)
  for (const { rule, limit } of [one, restarted])
    expect([rule(), limit()]).toEqual(['organisation.max_level', 0])
})

test('a kept bundle that cannot be read any more opens nothing', async () => {
  const one = await node()
  await one.hear(bundle(0, FRIDAY - 2, 2, 'forbid (principal, action, resource);'))
  for (const kept of one.repository.kept.values()) kept.frame = bundle(0, FRIDAY - 2, 2, 'forbid (principal')
  const restarted = await node(one.repository)
  expect(restarted.rule()).toBe('organisation.unreadable')
  expect(restarted.organisation.state()?.problem).toMatch(/organisation\.cedar:1/)
  await restarted.hear(bundle(1, FRIDAY - 1, 2))
  expect(restarted.rule()).not.toBe('organisation.unreadable')
})

test('two bundles that were signed apart from each other: all members end with the newest, in any order, and who had the other says that it is lost', async () => {
  for (const [first, second] of [
    [bundle(1, FRIDAY - 2, 1), bundle(1, FRIDAY - 1, 0)],
    // The second was signed at a node that had not heard of the others.
    [bundle(4, FRIDAY - 2, 1), bundle(0, FRIDAY - 1, 0)],
  ] as const) {
    for (const [order, lost] of [
      [[first, second], FRIDAY - 2],
      [[second, first], null],
    ] as const) {
      const one = await node()
      for (const frame of order) await one.hear(frame)
      const restarted = await node(one.repository)
      expect([one.limit(), restarted.limit()]).toEqual([0, 0])
      expect([one.lost(), restarted.lost()]).toEqual([lost, null])
    }
  }
})

test('a bundle that would not outlast a restart is refused', async () => {
  const one = await node()
  await one.organisation.take(bundle(0, FRIDAY + MINUTE, 1))
  await expect(one.organisation.take(bundle(1, FRIDAY, 2))).rejects.toMatchObject({ code: 'conflict' })
  expect((await node(one.repository)).limit()).toBe(one.limit())
  // A clock that was an hour ahead when the last one was signed does not shut the next one out.
  one.time.now -= 60 * MINUTE
  await one.organisation.take(bundle(1, one.time.now, 0))
  expect([one.limit(), (await node(one.repository)).limit()]).toEqual([0, 0])
})
