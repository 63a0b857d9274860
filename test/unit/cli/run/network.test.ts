// Where a jail of karo run may connect to, and which address of a name counts.
import { expect, test } from 'vitest'
import { addressFor, ownAddresses, readNetwork, refusalOf } from '../../../../src/cli/run/network.ts'

const may = (asked: string, ...words: string[]): boolean => refusalOf(asked, readNetwork(words)) === undefined

test('a host without a port means the ports of the web, a wildcard what is below it, and none nothing', () => {
  expect(['example.org:443', 'example.org:80'].map((place) => may(place, 'Example.org'))).toEqual([
    true,
    true,
  ])
  for (const place of [
    'example.org:22',
    'www.example.org:443',
    'example.org.evil.net:443',
    'xexample.org:443',
  ])
    expect(may(place, 'example.org'), place).toBe(false)
  expect(may('a.b.example.org:443', '*.example.org')).toBe(true)
  expect(may('example.org:443', '*.example.org')).toBe(false)
  expect(may('10.0.0.5:5432', '10.0.0.5:5432')).toBe(true)
  expect(may('[fd00::5]:80', '[fd00::5]')).toBe(true)
  expect(may('example.org:443', 'none')).toBe(false)
  expect(may('example.org:22', 'all')).toBe(true)
  // Other spellings of an address are no place, so nothing is judged by one and reached by another.
  for (const place of ['0x7f.1:80', '2130706433:80', 'EXAMPLE.org:443', 'user@example.org:443', ''])
    expect(may(place, 'all'), place).toBe(false)
})

test('a program inside asks the proxy for an address of this machine that a person named, and for no other', () => {
  expect(ownAddresses(readNetwork(['all']))).toEqual(['localhost', '127.0.0.1', '::1'])
  expect(ownAddresses(readNetwork(['127.0.0.1:11434', 'example.org']))).toEqual(['localhost', '::1'])
  expect(ownAddresses(readNetwork(['localhost', '[::1]:80']))).toEqual(['127.0.0.1'])
})

test.each(['none', 'https://example.org', '*', '*.10.0.0.1', 'a b', '127.1'])(
  '%s is no host among others',
  (word) => {
    expect(() => readNetwork(['example.org', word])).toThrow()
  },
)

test.each([
  ['127.0.0.1'],
  ['0.0.0.0'],
  ['169.254.169.254'],
  ['::1'],
  ['::ffff:127.0.0.1'],
  ['fe80::1'],
  ['10.1.2.3'],
  ['192.168.0.1'],
  ['fd00::1'],
  ['64:ff9b::7f00:1'],
])('a name that leads to %s leads nowhere, unless a person named that', async (address) => {
  const resolve = async () => [{ address }]
  await expect(addressFor('example.org', ['all'], resolve)).rejects.toThrow('private network')
  await expect(addressFor('www.example.org', ['*.example.org'], resolve)).rejects.toThrow()
  const named = addressFor('db.lan', ['db.lan:5432'], resolve)
  if (/^(10|192|fd00|64)/.test(address)) expect(await named).toBe(address)
  else await expect(named).rejects.toThrow()
})

test('a public address is taken as it was looked up, once; this machine by its address or as localhost, where that was named', async () => {
  let asked = 0
  const resolve = async () => {
    asked += 1
    return [{ address: '127.0.0.1' }, { address: '203.0.113.7' }]
  }
  expect(await addressFor('example.org', ['all'], resolve)).toBe('203.0.113.7')
  expect(asked).toBe(1)
  expect(await addressFor('localhost', ['localhost:5432'], resolve)).toBe('127.0.0.1')
  expect(await addressFor('127.0.0.1', ['127.0.0.1:5432'], resolve)).toBe('127.0.0.1')
  // What is not found is no denial: naming it would change nothing.
  const lost = addressFor('gone.lan', ['all'], () => Promise.reject(new Error('getaddrinfo EAI_AGAIN')))
  await expect(lost).rejects.toEqual(new Error('the name gone.lan has no address here'))
  const inside = addressFor('db.lan', ['all'], async () => [{ address: '10.0.0.5' }])
  await expect(inside).rejects.toMatchObject({ cause: 'db.lan' })
  await expect(addressFor('::1', ['all'], async (address) => [{ address }])).rejects.toThrow()
})
