// The check of trusted subnets: networks that others can join, and subnets in one another, are warnings.
import { expect, test } from 'vitest'
import { judgeDomains } from '../../../../src/cli/doctor/checks/members.ts'
import { trustDomains } from '../../../../src/config/domains.ts'

const judged = (table: Record<string, string>, interfaces = {}) =>
  judgeDomains(
    trustDomains.check(
      Object.fromEntries(Object.entries(table).map(([subnet, level]) => [subnet, { level }])),
    ),
    interfaces,
  ).map(({ outcome, detail }) => `${outcome}: ${detail}`)
/** What stands beside a warning, and is not shown. */
const FINE = 'ok: 1 trusted, none of them wide or shared'

test('a narrow wired network is fine, and so is none', () => {
  expect(judged({})).toEqual(['ok: no subnet is trusted'])
  expect(judged({ '10.0.3.0/24': 'peer' }, { eth0: [{ address: '10.0.3.4' }] })).toEqual([FINE])
})

test.each([
  ['127.0.0.0/8', {}, 'every person and program of this machine'],
  ['169.254.0.0/16', {}, 'plugged in'],
  ['fe80::/10', {}, 'plugged in'],
  ['100.64.0.0/24', {}, 'customers of one provider'],
  ['10.0.0.0/16', {}, 'less than /22'],
  ['fd00::/32', {}, 'less than /64'],
  ['192.168.7.0/24', { wlp3s0: [{ address: '192.168.7.2' }] }, 'wireless network here (wlp3s0)'],
  ['172.17.0.0/24', { docker0: [{ address: '172.17.0.1' }] }, 'containers'],
])('%s is a warning', (subnet, interfaces, why) => {
  const [found] = judged({ [subnet]: 'peer' }, interfaces)
  expect(found).toMatch(/^warn: /)
  expect(found).toContain(why)
})

test('of two subnets in one another it says which decides; what is not trusted is no warning', () => {
  expect(judged({ '10.0.0.0/22': 'share_to', '10.0.3.0/24': 'peer' })).toEqual([
    'warn: 10.0.3.0/24 is a part of 10.0.0.0/22: the narrower subnet decides',
    FINE.replace('1', '2'),
  ])
  expect(judged({ '10.0.0.0/8': 'untrusted' })).toEqual([FINE])
})
