// The table [trust.domains]: which subnets it takes, which addresses are in them, and where it says that a mistake is.
import { expect, test } from 'vitest'
import { subnetTest, trustDomains } from '../../../src/config/domains.ts'
import { WrongValue } from '../../../src/config/kinds.ts'

const wrong = (value: unknown): WrongValue => {
  try {
    trustDomains.check(value)
  } catch (error) {
    if (error instanceof WrongValue) return error
    throw error
  }
  throw new Error('it was taken')
}

test('subnets come with the narrowest first', () => {
  const domains = trustDomains.check({
    '10.0.0.0/8': { level: 'share_to' },
    'fd00:1::/32': { level: 'peer', teams: ['eng'] },
    '10.0.3.0/24': { level: 'untrusted' },
  })
  expect([...domains]).toEqual([
    ['fd00:1::/32', { level: 'peer', teams: ['eng'] }],
    ['10.0.3.0/24', { level: 'untrusted', teams: [] }],
    ['10.0.0.0/8', { level: 'share_to', teams: [] }],
  ])
})

test.each([
  ['8.8.8.0/24', 'it holds public addresses'],
  // It begins in private space and ends outside of it.
  ['10.0.0.0/7', 'it holds public addresses'],
  ['192.168.0.0/15', 'it holds public addresses'],
  ['0.0.0.0/0', 'it holds public addresses'],
  ['::/0', 'it holds public addresses'],
  ['2001:db8::/32', 'it holds public addresses'],
  ['fc00::/6', 'it holds public addresses'],
  ['10.0.3.7/24', 'not where that subnet begins'],
  ['10.0.3.0/33', 'that is not a subnet'],
  ['10.0.3.0', 'that is not a subnet'],
  ['eng', 'that is not a subnet'],
  ['::ffff:10.0.3.0/120', 'written as such'],
  // The same in another spelling, which would come before every IPv4 subnet.
  ['0:0:0:0:0:ffff:a00:300/120', 'written as such'],
  ['0::FFFF:10.0.3.0/120', 'written as such'],
  ['fd00::1/64', 'not where that subnet begins'],
  ['fd00::10.0.3.9/120', 'not where that subnet begins'],
  ['fe80::1%eth0/64', 'that is not a subnet'],
])('%s is refused: %s', (subnet, why) => {
  const error = wrong({ [subnet]: { level: 'peer' } })
  expect(error.message).toContain(why)
  expect(error.path).toEqual([subnet])
})

test.each([
  ['fd00::/8', 'FD00:0::/8'],
  ['10.0.3.0/24', '10.0.3.0/024'],
])('one subnet has one entry, however it is spelled: %s and %s', (first, second) => {
  const error = wrong({ [first]: { level: 'untrusted' }, [second]: { level: 'peer' } })
  expect(error.message).toContain(`the same subnet as "${first}"`)
  expect(error.path).toEqual([second])
})

test('what an entry says is checked, with its place', () => {
  const of = (entry: unknown) => wrong({ '10.0.3.0/24': entry })
  expect(of({ level: 'per' })).toMatchObject({ path: ['10.0.3.0/24', 'level'] })
  expect(of({})).toMatchObject({ message: ': it names no level' })
  expect(of({ level: 'peer', roles: ['security'] })).toMatchObject({ path: ['10.0.3.0/24', 'roles'] })
  expect(of({ level: 'peer', teams: ['a b'] })).toMatchObject({ path: ['10.0.3.0/24', 'teams', 0] })
  expect(of('peer')).toMatchObject({ path: ['10.0.3.0/24'] })
  const many = Object.fromEntries(Array.from({ length: 65 }, (_, n) => [`10.0.${n}.0/24`, { level: 'peer' }]))
  expect(wrong(many).message).toContain('at most 64')
})

test('an address alone makes no supervisor, unless the file says that it does', () => {
  expect(wrong({ '10.0.3.0/24': { level: 'supervisor' } })).toMatchObject({ path: ['10.0.3.0/24', 'level'] })
  expect(wrong({ '10.0.3.0/24': { level: 'supervisor', allow_unsigned_supervisor: false } }).hint).toContain(
    'karo invite',
  )
  const taken = trustDomains.check({
    '10.0.3.0/24': { level: 'supervisor', allow_unsigned_supervisor: true },
  })
  expect(taken.get('10.0.3.0/24')?.level).toBe('supervisor')
})

test('which addresses are in a subnet', () => {
  const four = subnetTest('10.0.3.0/24')
  expect(['10.0.3.0', '10.0.3.255', '::ffff:10.0.3.9'].filter((ip) => !four(ip))).toEqual([])
  expect(['10.0.4.0', '10.0.2.255', 'fd00::1', 'localhost', '', '10.0.3.1.evil'].filter(four)).toEqual([])
  const six = subnetTest('fe80::/10')
  expect(six('fe80::1%eth0')).toBe(true)
  expect(six('fd00::1')).toBe(false)
})
