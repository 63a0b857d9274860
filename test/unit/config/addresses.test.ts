// Private address space against a second definition, by numbers.
import { isIPv6 } from 'node:net'
import { expect, test } from 'vitest'
import { isPrivateAddress } from '../../../src/config/addresses.ts'
import fc, { forAll, forAllIn } from '../../support/run/properties.ts'
import { times } from '../../support/run/thorough.ts'

const no = { allowCgnat: false }
const yes = { allowCgnat: true }

const inRange = (ip: number, network: string, prefix: number): boolean => {
  const [a = 0, b = 0, c = 0, d = 0] = network.split('.').map(Number)
  const base = ((a * 256 + b) * 256 + c) * 256 + d
  const size = 2 ** (32 - prefix)
  return ip >= base && ip < base + size
}
const dotted = (ip: number): string => [ip >>> 24, (ip >>> 16) & 255, (ip >>> 8) & 255, ip & 255].join('.')
const ranges: readonly [string, number][] = [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
  ['127.0.0.0', 8],
]
/** Addresses everywhere, and often right at the edges. */
const edges = [...ranges, ['100.64.0.0', 10] as [string, number]].flatMap(([network, prefix]) => {
  const [a = 0, b = 0] = network.split('.').map(Number)
  const base = (a * 256 + b) * 65536
  return [base - 1, base, base + 2 ** (32 - prefix) - 1, base + 2 ** (32 - prefix)]
})
const ipv4 = fc.oneof(fc.nat({ max: 2 ** 32 - 1 }), fc.constantFrom(...edges))

test('IPv4, alone and mapped into IPv6, with and without CGNAT', () => {
  forAllIn({ numRuns: times(300, 2_000) }, ipv4, (ip) => {
    const expected = ranges.some(([network, prefix]) => inRange(ip, network, prefix))
    const cgnat = inRange(ip, '100.64.0.0', 10)
    const hex = `::ffff:${(ip >>> 16).toString(16)}:${(ip & 0xffff).toString(16)}`
    for (const address of [dotted(ip), `::ffff:${dotted(ip)}`, `0:0:0:0:0:FFFF:${dotted(ip)}`, hex]) {
      expect(isPrivateAddress(address, no), address).toBe(expected)
      expect(isPrivateAddress(address, yes), address).toBe(expected || cgnat)
    }
  })
})

test('IPv6: unique local, link-local and loopback only', () => {
  const group = fc.nat({ max: 0xffff })
  forAll(
    fc.oneof(group, fc.constantFrom(0xfbff, 0xfc00, 0xfdff, 0xfe00, 0xfe7f, 0xfe80, 0xfebf, 0xfec0)),
    fc.array(group, { minLength: 7, maxLength: 7 }),
    (first, rest) => {
      const address = [first, ...rest].map((g) => g.toString(16)).join(':')
      const expected = (first >= 0xfc00 && first <= 0xfdff) || (first >= 0xfe80 && first <= 0xfebf)
      const mapped = first === 0 && rest.slice(0, 4).every((g) => g === 0)
      if (!mapped) expect(isPrivateAddress(address, no), address).toBe(expected)
    },
  )
  expect(isPrivateAddress('::1', no)).toBe(true)
  expect(isPrivateAddress('fe80::1%eth0', no)).toBe(true)
})

test.each([
  '0.0.0.0',
  '::',
  '255.255.255.255',
  '224.0.0.251',
  'ff02::fb',
  '8.8.8.8',
  '2001:db8::1',
  '64:ff9b::a00:1',
  '2002:a00:1::',
  '::10.0.0.1',
  '',
  'localhost',
  '10.0.0.1:80',
  '10.0.0',
  '10.0.0.1/8',
  '010.0.0.1',
  ' 10.0.0.1',
  '::ffff:10.0.0.1.1',
  '%eth0',
  '2001:db8::1%10.0.0.1',
])('%s is not private', (address) => {
  expect(isPrivateAddress(address, yes)).toBe(false)
})

test('agrees with itself whatever text it is given', () => {
  forAll(fc.oneof(fc.string(), fc.ipV4(), fc.ipV6()), (text) => {
    const result = isPrivateAddress(text, no)
    if (result) expect(isPrivateAddress(text, yes)).toBe(true)
    if (isIPv6(text) && /^f[cd]/i.test(text) && text.indexOf(':') === 4) expect(result).toBe(true)
  })
})
