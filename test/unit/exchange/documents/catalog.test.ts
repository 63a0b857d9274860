// The catalog against a plain list, what one head costs in memory, and who relays what.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { formatNodeId, type NodeId } from '../../../../protocols/node-id.ts'
import { blake3 } from '../../../../src/base/hash.ts'
import { createCatalog, ROLES } from '../../../../src/exchange/documents/catalog.ts'
import {
  candidate,
  createMembersView,
  documentTicket,
  holdersOf,
} from '../../../../src/exchange/documents/members.ts'
import type { DocumentRow } from '../../../../src/store/tables/documents.ts'
import { memberOf } from '../../../support/mesh/fake-trust.ts'
import fc, { forAll } from '../../../support/run/properties.ts'

const keyOf = (number: number): Uint8Array => blake3([`author ${number}`])

const row = (author: number, slot: string, seq: number, more: Partial<DocumentRow> = {}): DocumentRow => ({
  author: keyOf(author),
  kind: 'summary',
  slot,
  version: 1_700_000_000_000 + seq,
  digest: blake3([`${author} ${slot} ${seq}`]),
  hints: new Uint8Array(16),
  seq,
  role: ROLES[seq % 3] as string,
  received_at: 0,
  expires_at: 1_800_000_000_000,
  size: 100 + (seq % 50),
  ...more,
})

const step = fc.record({ author: fc.nat(3), slot: fc.nat(5), remove: fc.boolean() })

test('the catalog is what a plain list would be', () => {
  forAll(fc.array(step, { maxLength: 200 }), fc.nat(220), (steps, from) => {
    const catalog = createCatalog()
    const plain = new Map<string, DocumentRow>()
    for (const [at, { author, slot, remove }] of steps.entries()) {
      const name = `${author} ${slot}`
      if (remove) {
        const entry = catalog.get(formatNodeId(keyOf(author)), 'summary', `day:${slot}`)
        expect(entry !== undefined).toBe(plain.delete(name))
        if (entry !== undefined) catalog.remove(entry)
      } else {
        const next = row(author, `day:${slot}`, at + 1)
        plain.set(name, next)
        catalog.add(next)
      }
    }
    const rows = [...plain.values()].sort((a, b) => a.seq - b.seq)
    const seqs = (after: number) => [...catalog.after(after)].map((entry) => entry.seq)
    expect(seqs(0)).toEqual(rows.map(({ seq }) => seq))
    expect(seqs(from)).toEqual(rows.map(({ seq }) => seq).filter((seq) => seq > from))
    const relayed = rows.filter(({ role }) => role === 'relayed')
    expect([...catalog.relayed()].map(({ seq }) => seq)).toEqual(relayed.map(({ seq }) => seq))
    const { bytes, ...roles } = catalog.counts()
    expect(bytes).toBe(rows.reduce((sum, { size }) => sum + size, 0))
    const of = (...wanted: string[]): number => rows.filter(({ role }) => wanted.includes(role)).length
    expect(ROLES).toHaveLength(4)
    expect(roles).toEqual({ own: of('own'), received: of('received'), relayed: of('relayed', 'withdrawn') })
    expect(catalog.size()).toBe(rows.length)
    for (let author = 0; author < 4; author++) {
      const shelf = catalog.shelf(formatNodeId(keyOf(author)), 'summary').map(({ slot }) => slot)
      expect(shelf.sort()).toEqual(
        rows
          .filter((one) => Buffer.compare(one.author, keyOf(author)) === 0)
          .map(({ slot }) => slot)
          .sort(),
      )
    }
  })
})

test('rows that come in any order are in order once settled', () => {
  const catalog = createCatalog()
  for (const seq of [5, 2, 9, 1]) catalog.add(row(seq, 'x', seq, { role: 'relayed' }))
  catalog.settle()
  expect([...catalog.after(1)].map((entry) => entry.seq)).toEqual([2, 5, 9])
  expect([...catalog.relayed()].map((entry) => entry.seq)).toEqual([1, 2, 5, 9])
})

test('a head takes less than 200 bytes of memory', () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const heapUsed = (): number => {
    collect()
    return process.memoryUsage().heapUsed
  }
  const catalog = createCatalog()
  const authors = 100
  const slots = 250
  const before = heapUsed()
  for (let i = 0; i < authors * slots; i++) {
    const author = i % authors
    catalog.add(row(author, `hour:${496_000 + Math.floor(i / authors)}`, i + 1))
  }
  const each = (heapUsed() - before) / (authors * slots)
  if (process.env.KARO_SIM_REPORT !== undefined) process.stderr.write(`${each.toFixed(0)} bytes a head\n`)
  expect(each).toBeLessThan(200)
  expect(catalog.size()).toBe(authors * slots)
})

const members = (count: number) => Array.from({ length: count }, (_, i) => candidate(formatNodeId(keyOf(i))))

test('everybody names the same three, never the author, and one that leaves moves only its own share', () => {
  const all = members(40)
  forAll(fc.nat(39), fc.nat(1_000), fc.nat(39), (author, slot, leaver) => {
    const node = all[author]!.node
    const ticket = documentTicket(keyOf(author), 'summary', `day:${slot}`)
    const three = holdersOf(ticket, node, all)
    expect(three.length).toBe(3)
    expect(three).not.toContain(node)
    expect(holdersOf(ticket, node, [...all].reverse())).toEqual(three)
    const left = all.filter((_, i) => i !== leaver)
    const after = holdersOf(ticket, node, left)
    const stay = three.filter((one) => one !== all[leaver]!.node)
    expect(after.slice(0, stay.length)).toEqual(stay)
  })
})

test('of nodes that one neighbour speaks for one is a holder, while there are others', () => {
  const honest = members(49)
  const sponsor = honest[0]!.node
  const madeUp = Array.from({ length: 512 }, (_, i) => candidate(formatNodeId(keyOf(1_000 + i)), sponsor))
  const fake = new Set(madeUp.map(({ node }) => node))
  const all = [...madeUp, ...honest]
  let drawn = 0
  for (let slot = 0; slot < 1_000; slot++) {
    const ticket = documentTicket(keyOf(1), 'summary', `hour:${slot}`)
    const three = holdersOf(ticket, honest[1]!.node, all)
    const of = three.filter((node) => fake.has(node) || node === sponsor).length
    drawn += of
    expect([three.length, of <= 1]).toEqual([3, true])
    expect(holdersOf(ticket, honest[1]!.node, [...all].reverse())).toEqual(three)
    // The others are whom everybody draws who does not know of the made up ones.
    const plain = holdersOf(ticket, honest[1]!.node, honest.slice(1))
    expect(plain.filter((node) => three.includes(node)).length).toBeGreaterThanOrEqual(2)
  }
  expect(drawn).toBeGreaterThan(500)
  // Where there is nobody else they are better than none.
  expect(holdersOf(documentTicket(keyOf(1), 'summary', ''), honest[1]!.node, madeUp).length).toBe(3)
})

test('who is admitted here stands for itself, whoever announced it', () => {
  const all = members(40).map(({ node }) => node)
  const [self, sponsor, ...others] = all as [NodeId, NodeId, ...NodeId[]]
  const admitted = new Set([sponsor, ...others.slice(0, 8)])
  const member = (node: NodeId) => memberOf(node, 0, node === sponsor ? {} : { known_by: 'gossip', sponsor })
  const view = createMembersView(
    {
      members: () => all.filter((node) => node !== self).map(member),
      member,
      admits: (node) => admitted.has(node),
      refuses: () => false,
      keysOf: (node) => [node],
    },
    self,
    { now: () => 0, monotonic: () => 0 },
    {},
  )
  const seen = new Set<string>()
  for (let slot = 0; slot < 200; slot++) {
    const three = view.holders(self, keyOf(0), 'summary', `hour:${slot}`)
    expect(three.filter((node) => !admitted.has(node)).length).toBeLessThanOrEqual(1)
    for (const node of three) seen.add(node)
  }
  for (const node of admitted) expect(seen).toContain(node)
})

test('relaying is shared evenly', () => {
  const all = members(50)
  const load = new Map<string, number>()
  for (let slot = 0; slot < 2_000; slot++) {
    for (const node of holdersOf(documentTicket(keyOf(0), 'summary', `hour:${slot}`), all[0]!.node, all)) {
      load.set(node, (load.get(node) ?? 0) + 1)
    }
  }
  // 6 000 over 49: 122 each; five standard deviations either way.
  expect(load.size).toBe(49)
  for (const count of load.values()) expect(Math.abs(count - 122)).toBeLessThan(55)
})
