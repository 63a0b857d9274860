// What a node that comes back is told by its neighbours, and how much of their memory anybody can fill.
import { describe, expect, it } from 'vitest'
import type { DocumentHeadBody } from '../../../../protocols/messages/sync.ts'
import type { NodeId } from '../../../../protocols/node-id.ts'
import { createJournal } from '../../../../src/exchange/documents/absence/journal.ts'
import type { DocumentsParts } from '../../../../src/exchange/documents/deps.ts'
import type { Identity } from '../../../../src/trust/identity/index.ts'
import { testIdentity } from '../../../support/mesh/identity.ts'
import { VirtualTime } from '../../../support/run/virtual-time.ts'
import { some } from '../../../support/some.ts'
import { DAY, HOUR } from './network.ts'

type Five = readonly [Identity, Identity, Identity, Identity, Identity]
const identities = [1, 2, 3, 4, 5].map((n) => testIdentity(20_000 + n))
const [author, peer, teller, inventor, refused] = identities as unknown as Five
const EPOCH = Date.UTC(2026, 10, 18, 10)
const ALL = { bytes: 1_000_000, count: 100_000 }

function memory() {
  const time = new VirtualTime(EPOCH)
  const away = new Map<NodeId, number>()
  const journal = createJournal(
    some<DocumentsParts>({
      members: {
        awaySince: (node) => away.get(node),
        keepsFrom: (node) => node !== refused.nodeId,
      },
      clock: time.clock,
    }),
  )
  const head = (
    number: number,
    by = author,
    kind = 'summary',
    version = time.clock.now(),
  ): DocumentHeadBody => ({
    author: by.publicKey,
    kind,
    slot: `hour:${number}`,
    version,
    digest: new Uint8Array(32).fill(number),
    hints: new Uint8Array(16),
  })
  const told = (most = ALL, isNews = () => true): string[] =>
    journal.take(peer.nodeId, most, isNews).map(({ slot }) => slot)
  const isBack = (since: number) => away.set(peer.nodeId, since)
  /** The link of the peer comes up after it was away: since that time, or always until now. */
  function comesBack(since = Number.NEGATIVE_INFINITY): void {
    isBack(since)
    journal.up(peer.nodeId)
  }
  return { time, journal, head, told, isBack, comesBack }
}

describe('a member that was away', () => {
  it('is told what was announced since, each once', () => {
    const { time, journal, head, told, comesBack } = memory()
    journal.heard(head(1), teller.nodeId)
    time.advance(HOUR)
    const since = time.clock.monotonic()
    for (const number of [2, 3]) journal.heard(head(number), teller.nodeId)
    journal.heard(head(3), inventor.nodeId)
    comesBack(since)
    expect(told()).toEqual(['hour:2', 'hour:3'])
    expect(told()).toEqual([])
    // Of what comes from now on it hears by itself.
    journal.heard(head(4), teller.nodeId)
    expect(told()).toEqual([])
  })

  it('is told page by page, within the bytes and the number of a page', () => {
    const { journal, head, told, comesBack } = memory()
    for (let number = 0; number < 10; number++) journal.heard(head(number), teller.nodeId)
    comesBack()
    expect(told({ bytes: 1_000, count: 100 })).toEqual(['hour:0', 'hour:1', 'hour:2', 'hour:3'])
    expect(told({ bytes: 100_000, count: 2 })).toEqual(['hour:4', 'hour:5'])
    expect(told()).toEqual(['hour:6', 'hour:7', 'hour:8', 'hour:9'])
  })

  it('is told the newest two thousand where there are more', () => {
    const { journal, head, told, comesBack } = memory()
    for (let number = 0; number < 4_000; number++)
      journal.heard(head(number), testIdentity(number % 8).nodeId)
    comesBack()
    const heads = told()
    expect(heads.length).toBe(2_048)
    expect(heads.at(-1)).toBe('hour:3999')
  })

  it('is told nothing of its own, of whom this node refuses, of old documents, and of what every neighbour has', () => {
    const { time, journal, head, told, comesBack } = memory()
    journal.heard(head(1, peer), teller.nodeId)
    journal.heard(head(2, refused), teller.nodeId)
    journal.heard(head(3, author, 'summary', time.clock.now() - 8 * DAY), teller.nodeId)
    journal.heard(head(4, author, 'revocation_list'), teller.nodeId)
    journal.heard(head(5, author, 'no_such_kind'), teller.nodeId)
    journal.heard(head(6), teller.nodeId)
    comesBack()
    expect(told()).toEqual(['hour:6'])
  })

  it('is not told what this node can give it', () => {
    const { journal, head, told, comesBack } = memory()
    journal.heard(head(1), teller.nodeId)
    comesBack()
    expect(told(ALL, () => false)).toEqual([])
  })
})

it('tells nothing to a member that was here all along, or whose link ended', () => {
  const { journal, head, told, comesBack } = memory()
  journal.heard(head(1), teller.nodeId)
  journal.up(peer.nodeId)
  expect(told()).toEqual([])
  comesBack(0)
  journal.down(peer.nodeId)
  expect(told()).toEqual([])
})

it('knows what a neighbour asks for only because it was told here', () => {
  const { journal, head, told, isBack } = memory()
  for (const number of [1, 2]) journal.heard(head(number), teller.nodeId)
  isBack(0)
  expect(journal.wasTold(peer.nodeId, head(1))).toBe(false)
  journal.up(peer.nodeId)
  told({ bytes: 1_000, count: 1 })
  expect([1, 1, 2].map((number) => journal.wasTold(peer.nodeId, head(number)))).toEqual([true, false, false])
})

it('is filled by nobody with inventions', () => {
  const { journal, head, told, comesBack } = memory()
  journal.heard(head(1), teller.nodeId)
  for (let number = 0; number < 9_000; number++) journal.heard(head(100 + number, inventor), inventor.nodeId)
  comesBack(0)
  expect(told()).toContain('hour:1')
})

it('lets a forged head keep no real one out', () => {
  const { time, journal, head, told, comesBack } = memory()
  const version = time.clock.now()
  journal.heard({ ...head(1, author, 'summary', version), digest: new Uint8Array(32) }, inventor.nodeId)
  journal.heard(head(1, author, 'summary', version), teller.nodeId)
  comesBack(0)
  expect(told()).toEqual(['hour:1', 'hour:1'])
})
