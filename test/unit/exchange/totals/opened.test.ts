// How many releases are opened to find those of one role and type: each takes milliseconds, and somebody may ask about a year.
import { expect, test } from 'vitest'
import { slotOfBucket } from '../../../../protocols/buckets.ts'
import { formatNodeId } from '../../../../protocols/node-id.ts'
import { systemClock as clock, systemRandom as random } from '../../../../src/base/clock.ts'
import { silentLog } from '../../../../src/base/run/log.ts'
import { writeRelease } from '../../../../src/exchange/aggregates/index.ts'
import { selvesOf } from '../../../../src/exchange/boxes/index.ts'
import type { TotalsDeps } from '../../../../src/exchange/totals/deps.ts'
import { createReleases } from '../../../../src/exchange/totals/releases.ts'
import { testIdentity } from '../../../support/mesh/identity.ts'
import { some } from '../../../support/some.ts'
import { AGGREGATORS, contentOf, PLAN } from '../query/holders.ts'
import { shelfOf } from './pair.ts'

/** More than are remembered opened. */
const HOURS = 120

test('of a type that nobody gave, and of other roles, releases are opened once at most, whoever asks for how long', async () => {
  const shelf = shelfOf(clock.now)
  const reader = testIdentity(3)
  const slots = new Set<string>()
  for (let back = 1; back <= HOURS; back++)
    for (const audience of PLAN.audiences) {
      const content = contentOf(back, 1, { audience })
      slots.add(slotOfBucket(content))
      for (const key of content.pair) {
        const author = AGGREGATORS.find(({ nodeId }) => nodeId === formatNodeId(key))!
        const [self] = selvesOf(author)
        shelf.keep(writeRelease(self, { clock, random }, [reader.publicKey], content.end, content))
      }
    }
  let [agreed, given] = [0, 0]
  const documents = {
    ...shelf,
    async of(...asked: Parameters<typeof shelf.of>) {
      const documents = shelf.of(...asked)
      given += documents.length
      return documents
    },
  }
  const agree: typeof reader.agree = (...asked) => {
    agreed++
    return reader.agree(...asked)
  }
  const identity = { ...reader, agree, former: [] }
  const releases = createReleases(some<TotalsDeps>({ identity, documents, clock, random, log: silentLog }))
  const found = async (type: string) => (await releases.held(PLAN, 'security', slots, type)).length
  expect(await found('ToolUsage')).toBe(HOURS)
  const once = agreed
  agreed = given = 0
  expect(await found('PrivilegedUse')).toBe(0)
  // Nor even read.
  expect([agreed, given]).toEqual([0, 0])
  expect(once).toBeGreaterThanOrEqual(2 * HOURS)
  expect(once).toBeLessThan(4 * HOURS)
  expect(await found('ToolUsage')).toBe(HOURS)
})
