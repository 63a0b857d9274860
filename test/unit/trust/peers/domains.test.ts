// Trust by subnet: it holds for the live connection, ends with it, follows the file, and is weaker than all else.
import { expect, test } from 'vitest'
import type { NodeId } from '../../../../protocols/node-id.ts'
import { trustDomains } from '../../../../src/config/domains.ts'
import { createDomains, PLACES_MAX, PLACES_OF_ADDRESS } from '../../../../src/trust/peers/domains.ts'

const NODE = 'karo:test:1' as NodeId
const domains = (table: Record<string, unknown>) => createDomains(trustDomains.check(table))

test('the address of the live connection is judged, by the narrowest subnet, until the connection ends', () => {
  const it = domains({ '10.0.0.0/8': { level: 'peer' }, '10.0.3.0/24': { level: 'share_to' } })
  expect(it.word(NODE)).toBeUndefined()
  expect(it.connected(NODE, ['10.0.3.9'])).toBe(true)
  expect(it.word(NODE)).toEqual({ subnet: '10.0.3.0/24', ip: '10.0.3.9', level: 'share_to', teams: [] })
  expect(it.connected(NODE, ['10.0.3.9'])).toBe(false)
  it.connected(NODE, ['10.1.0.1', '10.0.3.9'])
  expect(it.word(NODE)?.subnet).toBe('10.0.3.0/24')
  it.connected(NODE, ['10.1.0.1'])
  expect(it.word(NODE)?.subnet).toBe('10.0.0.0/8')
  it.connected(NODE, ['192.168.0.1'])
  expect(it.word(NODE)).toBeUndefined()
  it.connected(NODE, [])
  expect(it.nodes()).toEqual([])
})

test('one machine with many keys gets a few places, and all machines together get some hundred', () => {
  const it = domains({ '10.0.0.0/8': { level: 'peer' } })
  const node = (n: number) => `karo:test:${n}` as NodeId
  const trusted = (count: number) =>
    Array.from({ length: count }, (_, n) => node(n)).filter((one) => it.word(one))
  for (let n = 0; n < 100; n++) it.connected(node(n), ['10.0.3.9'])
  expect(trusted(100)).toHaveLength(PLACES_OF_ADDRESS)
  it.connected(node(0), [])
  it.connected(node(50), [])
  it.connected(node(50), ['10.0.3.9'])
  expect(it.word(node(50))?.level).toBe('peer')
  for (let n = 100; n < 2_000; n++) it.connected(node(n), [`10.1.${n >> 8}.${n & 255}`])
  expect(trusted(2_000)).toHaveLength(PLACES_MAX)
})

test('another file counts at once', () => {
  const it = domains({})
  it.connected(NODE, ['10.0.3.9'])
  expect(it.word(NODE)).toBeUndefined()
  it.use(trustDomains.check({ '10.0.3.0/24': { level: 'peer' } }))
  expect(it.word(NODE)?.level).toBe('peer')
  it.use(new Map())
  expect(it.word(NODE)).toBeUndefined()
})

test('a place belongs to the address that a subnet trusts, and to nobody whom no subnet gives anything', () => {
  const it = domains({ '10.0.0.0/8': { level: 'peer' }, '10.9.0.0/16': { level: 'untrusted' } })
  const node = (n: number) => `karo:test:${n}` as NodeId
  const trusted = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, n) => node(from + n)).filter(
      (one) => it.word(one)?.level === 'peer',
    )
  // Members that come for other reasons, from elsewhere and from a part that is taken out, are in nobody's way.
  for (let n = 0; n < 2 * PLACES_MAX; n++) it.connected(node(n), [n % 2 === 0 ? '192.168.0.7' : '10.9.0.7'])
  it.connected(node(5_000), ['10.0.3.9'])
  expect(it.word(node(5_000))?.level).toBe('peer')
  // One machine with an address in the subnet, which comes from a new address outside of it first with each key.
  for (let n = 6_000; n < 6_100; n++) {
    it.connected(node(n), [`192.168.${n >> 8}.${n & 255}`])
    it.connected(node(n), [`192.168.${n >> 8}.${n & 255}`, '10.0.3.10'])
  }
  expect(trusted(6_000, 6_100)).toHaveLength(PLACES_OF_ADDRESS)
  // Whoever leaves the subnet leaves the place.
  for (let n = 6_000; n < 6_100; n++) it.connected(node(n), ['192.168.0.7'])
  it.connected(node(7_000), ['10.0.3.10'])
  expect(it.word(node(7_000))?.level).toBe('peer')
})

test('a reload gives places to those who are connected already, and takes none from those who have one', () => {
  const it = domains({ '10.0.3.0/24': { level: 'peer' } })
  const node = (n: number) => `karo:test:${n}` as NodeId
  it.connected(node(99), ['10.0.4.9'])
  for (let n = 0; n < 20; n++) it.connected(node(n), ['10.0.3.9'])
  const placed = () => Array.from({ length: 20 }, (_, n) => node(n)).filter((one) => it.word(one))
  const before = placed()
  it.connected(node(0), [])
  it.use(trustDomains.check({ '10.0.0.0/16': { level: 'peer' } }))
  expect(placed()).toEqual([...before.slice(1), node(PLACES_OF_ADDRESS)])
  expect(it.word(node(99))?.subnet).toBe('10.0.0.0/16')
})
