// The page with many machines, a long ledger and commands that arrive all the time: it keeps no more than it shows.
import { describe, expect, test } from 'vitest'
import { startNode } from '../../support/node/node.ts'
import { CHROMIUM } from '../../support/run/browser.ts'
import { loadPage } from '../../support/run/page-load.ts'
import { until } from '../../support/run/until.ts'

/** For an hour: npm run soak -- page, which also tells how long the page was busy at once. */
const SECONDS = 3

describe.skipIf(CHROMIUM === undefined)('the page under load', () => {
  test('grows neither in memory nor in elements while it is used', async () => {
    const node = await startNode()
    const load = await loadPage({ node, seconds: SECONDS, rate: 50, traced: false })
    expect(load.rounds).toBeGreaterThan(1)
    expect(load.elementsEnd).toBeLessThan(1.5 * load.elementsWarm)
    // What is compiled and kept once still comes in the first seconds; a leak of each round would be more.
    expect(load.heapEnd).toBeLessThan(2 * load.heapWarm)
    await until(async () => (await node.status()).store.events >= load.commands, {
      what: 'all commands are recorded',
    })
  })
})
