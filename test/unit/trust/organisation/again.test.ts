// Policy bundles over restarts, wrong clocks and two signers: nothing opens, and all members end with the same one.

import { expect, test } from 'vitest'
import { testIdentity } from '../../../support/mesh/identity.ts'
import { keeperOver } from '../../exchange/documents/keeping.ts'
import type { MemoryRepository } from '../../exchange/documents/network.ts'
import { FRIDAY } from '../policy/requests.ts'
import { bundle, organisationRoom } from './world.ts'

const MINUTE = 60_000

const signed = (number: number, version: number, max_level: number, text = ''): Uint8Array =>
  bundle(number, { version, max_level, text })

/** The room with the real keeper of its documents; with the repository of another one it is that node after a restart. */
async function node(repository?: MemoryRepository) {
  const { organisation, time, asks } = organisationRoom()
  const keeper = keeperOver({
    identity: testIdentity(9_012),
    now: () => time.now,
    ports: { policy_bundle: organisation.documents },
    repository,
  })
  organisation.onDocument(async (frame) => void (await keeper.publish('policy_bundle', frame)))
  await keeper.load()
  await organisation.start()
  return {
    organisation,
    repository: keeper.repository,
    time,
    async hear(frame: Uint8Array) {
      await keeper.keep(frame)
      await organisation.start()
    },
    rule: () => asks(1).rule,
    limit: () => organisation.state()?.max_level,
    lost: () => organisation.state()?.lost,
  }
}

test('a bundle that cannot be read leaves the last one in force, also after a restart', async () => {
  const one = await node()
  await one.hear(signed(0, FRIDAY - 2, 0))
  await one.hear(signed(1, FRIDAY - 1, 0, 'forbid (principal, action, resource) when { principal.later };'))
  const restarted = await node(one.repository)
  for (const { rule, limit } of [one, restarted])
    expect([rule(), limit()]).toEqual(['organisation.max_level', 0])
})

test('a kept bundle that cannot be read any more opens nothing', async () => {
  const one = await node()
  await one.hear(signed(0, FRIDAY - 2, 2, 'forbid (principal, action, resource);'))
  for (const kept of one.repository.kept.values()) kept.frame = signed(0, FRIDAY - 2, 2, 'forbid (principal')
  const restarted = await node(one.repository)
  expect(restarted.rule()).toBe('organisation.unreadable')
  expect(restarted.organisation.state()?.problem).toMatch(/organisation\.cedar:1/)
  await restarted.hear(signed(1, FRIDAY - 1, 2))
  expect(restarted.rule()).not.toBe('organisation.unreadable')
})

test('two bundles that were signed apart from each other: all members end with the newest, in any order, and who had the other says that it is lost', async () => {
  for (const [first, second] of [
    [signed(1, FRIDAY - 2, 1), signed(1, FRIDAY - 1, 0)],
    // The second was signed at a node that had not heard of the others.
    [signed(4, FRIDAY - 2, 1), signed(0, FRIDAY - 1, 0)],
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
  await one.organisation.take(signed(0, FRIDAY + MINUTE, 1))
  await expect(one.organisation.take(signed(1, FRIDAY, 2))).rejects.toMatchObject({ code: 'conflict' })
  expect((await node(one.repository)).limit()).toBe(one.limit())
  // A clock that was an hour ahead when the last one was signed does not shut the next one out.
  one.time.now -= 60 * MINUTE
  await one.organisation.take(signed(1, one.time.now, 0))
  expect([one.limit(), (await node(one.repository)).limit()]).toEqual([0, 0])
})
