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
  it.use(undefined)
  expect(it.word(NODE)).toBeUndefined()
})
