// The machine that gets documents, alone: whom it asks for what, in any order of events, and that each want comes to an end.
import { describe, expect, it, test } from 'vitest'
import type { NodeId } from '../../../../protocols/node-id.ts'
import { createPace } from '../../../../src/exchange/documents/bounds.ts'
import { createGetting } from '../../../../src/exchange/documents/getting/getting.ts'
import type {
  GettingAction,
  GettingEvent,
  Request,
} from '../../../../src/exchange/documents/getting/types.ts'
import { editionOf, readDocument, type Wanted, wantedOf } from '../../../../src/exchange/documents/read.ts'
import fc, { forAllIn } from '../../../support/run/properties.ts'
import { randomOf } from '../../../support/run/random.ts'
import { VirtualTime } from '../../../support/run/virtual-time.ts'
import { HOUR, MINUTE, Network, type Node } from './network.ts'

const EPOCH = Date.UTC(2026, 10, 18, 10)
const nodes = new Network({ epoch: EPOCH }).add(8) as readonly Node[]
const [self, author] = nodes as [Node, Node]
const INDEX = new Uint8Array(8).fill(1)

/** Documents of the author, with their heads as a neighbour tells them and as this node reads them. */
function told(all: readonly { readonly slot: number; readonly version: number }[]) {
  const frames = all.map(({ slot, version }) =>
    author.summary(EPOCH - slot * HOUR, [self], EPOCH - 1_000 + version),
  )
  const heads = frames.map((frame) => {
    const { author: key, kind, slot, version, hints, head } = readDocument(frame, EPOCH)
    return { author: key, kind, slot, version, hints, digest: head.digest }
  })
  return { frames, heads, wanted: heads.map(wantedOf) }
}
/** Editions of a few slots; each is signed once. */
const FEW = told(Array.from({ length: 24 }, (_, at) => ({ slot: at % 4, version: Math.floor(at / 4) })))

/** The machine with a clock of its own, links to some and an edge that keeps what it is given; the test answers what it asks for. */
function machine({ frames, heads, wanted } = FEW, ...linked: readonly NodeId[]) {
  const time = new VirtualTime(EPOCH)
  const random = randomOf(7)
  const kept = new Map<string, number>()
  /** Editions that were kept, each with its time. */
  const taken: { readonly slot: string; readonly at: number }[] = []
  const stores = { fail: false }
  const pace = createPace(time.clock, () => undefined)
  const requests: Request[] = []
  const dials: NodeId[] = []
  /** Nodes that are not admitted. */
  const strangers = new Set<NodeId>()
  const refused: string[] = []
  const isWanted = ({ slot, version }: Wanted): boolean => (kept.get(slot) ?? 0) < version
  const getting = createGetting({
    self: self.id,
    wants: (head) => (isWanted(head) ? 'received' : undefined),
    wait: (head) => pace.wait({ author: head.author, kind: 'summary', slot: head.slot }),
    members: { holders: () => [], sponsorOf: (node) => (strangers.has(node) ? node : undefined) },
    present: () => [],
    isLikely: () => false,
    clock: time.clock,
    random: { float: () => random.below(1e6) / 1e6 },
  })
  let cancel = (): void => {}
  /** Looks at each request in the moment in which it is made. */
  let onSend = (_: Request): void => {}
  const performers: {
    readonly [Do in GettingAction['do']]: (action: Extract<GettingAction, { do: Do }>) => void
  } = {
    wake({ ms }) {
      cancel()
      cancel = time.after(ms, () => put({ on: 'wake' }))
    },
    send({ request }) {
      requests.push(request)
      onSend(request)
    },
    keep({ request, documents: all }) {
      for (const { head, frame } of stores.fail ? [] : all) {
        pace.took({ author: head.author, kind: 'summary', slot: head.slot }, frame.bytes.length)
        if ((kept.get(head.slot) ?? 0) >= head.version) continue
        kept.set(head.slot, head.version)
        taken.push({ slot: head.slot, at: time.clock.monotonic() })
      }
      // Storing takes a moment.
      time.after(5, () => put({ on: 'over', request, isGood: !stores.fail }))
    },
    dial({ node, job }) {
      dials.push(node)
      time.after(20, () => put({ on: 'dialed', job, reached: false }))
    },
    refuse: ({ error }) => void refused.push(error.message),
    compared() {},
  }
  function put(event: GettingEvent): void {
    for (const action of getting.handle(event))
      (performers[action.do] as (action: GettingAction) => void)(action)
  }
  put({ on: 'start' })
  for (const node of linked) put({ on: 'up', node })
  return {
    time,
    put,
    requests,
    dials,
    strangers,
    stores,
    refused,
    taken,
    kept,
    isWanted,
    look: (see: (request: Request) => void) => {
      onSend = see
    },
    /** Requests for documents. */
    fetches: () => requests.filter(({ asked }) => asked.length > 0),
    heard: (at: number, announcer: NodeId, from = announcer, owner?: NodeId) =>
      put({
        on: 'heard',
        heads: [wanted[at] as Wanted],
        announcer,
        from,
        ...(owner === undefined ? {} : { owner }),
      }),
    /** A neighbour tells of a document of any slot, which nobody has. */
    heardOf: (slot: string, by: NodeId) =>
      put({ on: 'heard', heads: [{ ...(wanted[0] as Wanted), slot }], announcer: by, from: by }),
    /** Each slot that was asked for, as often as it was. */
    slots: () => requests.flatMap(({ asked }) => asked.map(({ slot }) => slot)),
    /** Of the n-th request: the answer with everything, or with nothing. */
    give(request: Request, isGone = false): void {
      const { node, id, asked } = request
      const gone = isGone ? asked.map((_, at) => at) : []
      const bytes = isGone
        ? []
        : asked.map((one) => frames[wanted.findIndex((w) => editionOf(w) === editionOf(one))] as Uint8Array)
      put({ on: 'answer', node, body: { id, documents: bytes, gone } })
    },
    offer(request: Request, which: readonly number[], end = true): void {
      const { node, id, cursor } = request
      const after = cursor?.after ?? 0
      const body = {
        id,
        index: INDEX,
        after,
        through: after + 1,
        end,
        heads: which.map((at) => heads[at] as (typeof heads)[number]),
      }
      put({ on: 'answer', node, body })
    },
  }
}

const ids = nodes.map(({ id }) => id)
const [, authorId, near, far] = ids as [NodeId, NodeId, NodeId, NodeId]

/** What may happen, in any order. `node` and `doc` choose among those there are, `of` among requests without an answer. */
const anyEvent = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('up' as const), node: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('down' as const), node: fc.nat(5) }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('heard' as const),
      node: fc.nat(5),
      from: fc.nat(5),
      doc: fc.nat(23),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('answer' as const),
      of: fc.nat(20),
      isGone: fc.boolean(),
      docs: fc.array(fc.nat(23), { maxLength: 12 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('invent' as const), node: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('again' as const) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      ms: fc.oneof(fc.nat(300), fc.nat(3_000), fc.nat(30_000)),
    }),
  },
)
type Happening = typeof anyEvent extends fc.Arbitrary<infer T> ? T : never

/** Lets it all happen, and looks at each request in the moment in which it is made. */
function played(events: readonly Happening[]) {
  const one = machine()
  const { time, put, requests } = one
  const linked = new Set<NodeId>()
  /** Requests without an answer, of links that are still there. */
  let open: Request[] = []
  /** Who was asked last for each edition. */
  const lastOf = new Map<string, Request>()
  const now = (): number => time.clock.monotonic()
  const isOpen = (request: Request): boolean => now() < request.at + 20_000
  one.look((request) => {
    expect(linked.has(request.node)).toBe(true)
    const waiting = open.filter(isOpen)
    const there = waiting.filter(({ node }) => node === request.node)
    for (const { at } of there) expect(request.at - at).toBeGreaterThanOrEqual(25 - 1e-6)
    open.push(request)
    const attempts = there.filter(({ by }) => by === undefined).length
    if (request.by === undefined) expect(attempts).toBeLessThan(3)
    else expect(there.length - attempts).toBe(0)
    expect(new Set([...waiting, request].flatMap(({ by }) => by ?? [])).size).toBeLessThanOrEqual(3)
    const patience = request.by === undefined ? 1_500 : 6_000
    for (const asked of request.asked) {
      expect(one.isWanted(asked)).toBe(true)
      const edition = editionOf(asked)
      const other = lastOf.get(edition)
      if (other !== undefined && waiting.includes(other))
        expect(now() - other.at).toBeGreaterThanOrEqual(patience - 1e-6)
      lastOf.set(edition, request)
    }
  })
  const answer = (request: Request, isGone: boolean, docs: readonly number[]): void => {
    open = open.filter((other) => other !== request)
    if (request.asked.length === 0) one.offer(request, [...new Set(docs)])
    else one.give(request, isGone)
  }
  for (const event of events) {
    const node = 'node' in event ? (ids[event.node + 1] as NodeId) : authorId
    if (event.do === 'up' && !linked.has(node)) {
      linked.add(node)
      put({ on: 'up', node })
    } else if (event.do === 'down' && linked.delete(node)) {
      open = open.filter((request) => request.node !== node)
      put({ on: 'down', node })
    } else if (event.do === 'heard') one.heard(event.doc, node, ids[event.from + 1] as NodeId)
    else if (event.do === 'answer') {
      // Also what came too late to be waited for.
      const request = open[event.of % Math.max(1, open.length)]
      if (request !== undefined) answer(request, event.isGone, event.docs)
    } else if (event.do === 'invent') {
      const before = one.refused.length
      put({ on: 'answer', node, body: { id: 0xffff_ffff, documents: [], gone: [] } })
      expect(one.refused.length).toBe(before + 1)
      one.refused.pop()
    } else if (event.do === 'again') put({ on: 'again' })
    else if (event.do === 'pass') time.advance(event.ms)
  }
  expect(one.refused).toEqual([])
  return { one, linked, answer, open: () => open.filter(isOpen), requests }
}

describe('in any order of events', () => {
  it('asks a linked neighbour at a pace, few things at once, and nobody for what the one asked last is about to bring', () => {
    forAllIn(
      { numRuns: 100 },
      fc.array(anyEvent, { minLength: 50, maxLength: 150 }),
      (events) => void played(events),
    )
  })

  it('ends each want, though nobody has it and nobody answers for documents', () => {
    forAllIn(
      { numRuns: 30 },
      fc.array(anyEvent, { minLength: 20, maxLength: 60 }),
      fc.boolean(),
      (events, isGone) => {
        const { one, answer, open } = played(events)
        const pass = (minutes: number): void => {
          for (let second = 0; second < minutes * 60; second++) {
            for (const request of open()) if (isGone || request.asked.length === 0) answer(request, true, [])
            one.time.advance(1_000)
          }
        }
        pass(20)
        const before = [one.fetches().length, one.dials.length]
        pass(10)
        expect([one.fetches().length, one.dials.length]).toEqual(before)
      },
    )
  })

  it('has all that a linked neighbour has in the end, whatever happened before', () => {
    forAllIn({ numRuns: 30 }, fc.array(anyEvent, { minLength: 20, maxLength: 60 }), (events) => {
      const { one, linked, answer, open } = played(events)
      if (!linked.has(near)) {
        linked.add(near)
        one.put({ on: 'up', node: near })
      }
      one.put({ on: 'again' })
      for (let step = 0; step < 3 * 60 * 4; step++) {
        for (const request of open())
          answer(request, request.node !== near, request.node === near ? FEW.wanted.map((_, at) => at) : [])
        one.time.advance(250)
      }
      expect(FEW.wanted.filter(one.isWanted)).toEqual([])
    })
  })
})

it('takes editions of one slot at a pace, in whatever order and from whomever they come', () => {
  const many = told(Array.from({ length: 150 }, (_, version) => ({ slot: 0, version })))
  const anyWord = fc.record({ version: fc.nat(149), by: fc.nat(3), inWalk: fc.boolean(), ms: fc.nat(2_000) })
  forAllIn({ numRuns: 30 }, fc.array(anyWord, { minLength: 60, maxLength: 150 }), (words) => {
    const one = machine(many, ...ids.slice(1, 5))
    const versions = words.map(({ version }) => version).sort((a, b) => a - b)
    const due: Request[] = []
    one.look((request) => void due.push(request))
    for (const [at, { by, inWalk, ms }] of words.entries()) {
      const version = versions[at] as number
      if (inWalk) one.put({ on: 'again' })
      else one.heard(version, ids[by + 1] as NodeId)
      for (const request of due.splice(0))
        if (request.asked.length === 0) one.offer(request, [version])
        else one.give(request)
      one.time.advance(ms)
      // A burst of 32 and one a minute, and what was under way when the last of the burst came.
      const minutes = one.time.clock.monotonic() / MINUTE
      expect(one.taken.length).toBeLessThanOrEqual(32 + minutes + 1 + 6)
    }
  })
})

test('a flood of heads pushes out its own, not what others told of', () => {
  const one = machine(FEW, authorId, near)
  one.look((request) => void one.time.after(1, () => one.give(request, true)))
  const times = (of: string): number => one.slots().filter((slot) => slot === of).length
  one.heardOf('real', authorId)
  one.time.advance(300)
  expect(times('real')).toBe(1)
  for (let at = 0; at < 600; at++) one.heardOf(`forged:${at}`, near)
  one.time.advance(2 * MINUTE)
  expect(times('real')).toBe(4)
  expect(new Set(one.slots()).size).toBe(129)
})

test('however many strangers a neighbour lets say that they have it, whoever else said so is asked', () => {
  const one = machine(FEW, near, far)
  one.heard(0, near)
  for (const stranger of ids.slice(4, 8)) {
    one.strangers.add(stranger)
    one.heard(0, stranger, far)
  }
  one.time.advance(3_000)
  const asked = one.fetches()
  expect(new Set(asked.map(({ node }) => node))).toEqual(new Set([near, far]))
})

test('who tells of much and answers as late as it may keeps no document of others waiting, nor one that is tried again', () => {
  const one = machine(FEW, authorId, near)
  one.look((request) => void one.time.after(request.node === near ? 1_400 : 1, () => one.give(request, true)))
  for (let at = 0; at < 128; at++) one.heardOf(`forged:${at}`, near)
  one.time.advance(5_000)
  one.heardOf('real', authorId)
  one.time.advance(2_000)
  const asked = (): number => one.slots().filter((slot) => slot === 'real').length
  expect(asked()).toBe(1)
  one.time.advance(6_000)
  expect(asked()).toBe(3)
})

test('who left a question unanswered is asked only when nobody else was told of, until it answers', () => {
  const one = machine(FEW, near, far)
  const asked = (): NodeId[] => one.fetches().map(({ node }) => node)
  one.heard(0, near)
  one.heard(0, far)
  one.time.advance(1_000)
  // The one that told last.
  expect(asked()).toEqual([far])
  one.time.advance(1_000)
  expect(asked()).toEqual([far, near])
  one.give(one.requests.at(-1) as Request)
  one.heard(1, near)
  one.heard(1, far)
  one.time.advance(1_000)
  expect(asked()).toEqual([far, near, near])
})

test('a walk whose documents cannot be stored is over until its next turn', () => {
  const one = machine()
  one.stores.fail = true
  one.put({ on: 'up', node: near })
  one.look(
    (request) =>
      void one.time.after(1, () =>
        request.asked.length > 0 ? one.give(request) : one.offer(request, [0, 1]),
      ),
  )
  one.time.advance(10_000)
  // Heads and documents, once, and once more if it was a neighbour's turn by then.
  expect(one.requests.length).toBeLessThanOrEqual(4)
})

test('one that never answers a walk takes no turn of others', () => {
  const one = machine(FEW, near, far)
  one.look((request) => void (request.node === far && one.time.after(1, () => one.offer(request, []))))
  one.time.advance(20 * MINUTE)
  const asked = (node: NodeId): number => one.requests.filter((request) => request.node === node).length
  expect(asked(near)).toBeGreaterThan(6)
  expect(asked(far)).toBeGreaterThan(6)
})

test.each([
  ['pages without end', []],
  ['a page of which one document after the other is late', Array.from({ length: 24 }, (_, at) => at)],
])(
  'those that answer a walk as late as they may keep no other one waiting for longer than a minute: %s',
  (_, which) => {
    const many = told(Array.from({ length: 24 }, (_, slot) => ({ slot, version: 0 })))
    const one = machine(many)
    const slow = ids.slice(4, 7)
    let isGiven = false
    one.look(
      (request) =>
        void one.time.after(slow.includes(request.node) ? 19_000 : 1, () => {
          if (request.asked.length === 0) one.offer(request, slow.includes(request.node) ? which : [], false)
          else {
            const at = many.wanted.findIndex(({ slot }) => slot === request.asked[0]?.slot)
            const body = { id: request.id, documents: [many.frames[at] as Uint8Array], gone: [] }
            one.put({ on: 'answer', node: request.node, body })
          }
          isGiven ||= request.node === far
        }),
    )
    for (const node of slow) one.put({ on: 'up', node })
    one.time.advance(5_000)
    one.put({ on: 'up', node: far })
    one.time.advance(80_000)
    expect(isGiven).toBe(true)
  },
)

test('a neighbour that has got something while its link came up is walked again for it, not a minute later', () => {
  const one = machine(FEW, near)
  one.look((request) => void one.time.after(1, () => one.offer(request, [])))
  const body = { id: 1, index: INDEX, through: 9, ask: { of: 'heads' as const, after: 0 } }
  one.put({ on: 'asked', node: near, body })
  one.time.advance(5_500)
  expect(one.requests.length).toBe(2)
})
