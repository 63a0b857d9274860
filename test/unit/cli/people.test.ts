// karo people against a daemon that is played: what is held back is said in words, and nothing is changed without a yes.
import { expect, test } from 'vitest'
import { HELD_REASONS } from '../../../src/base/words/held-reasons.ts'
import { karo } from '../../support/node/played-daemon.ts'

const person = (changes: object = {}) => ({
  number: 1000,
  uid: 1000,
  name: 'ada',
  since: '2026-11-20T08:00:00.000Z',
  held: null,
  account: 'ada',
  ...changes,
})
const LIST = 'GET /api/v1/people'
const MAP = 'POST /api/v1/people/map'
const REMOVE = 'POST /api/v1/people/remove'

test('every reason has its words, and only what is held back brings advice', async () => {
  const fine = await karo({ [LIST]: { people: [person()] } }, 'people', 'list')
  expect([fine.code, fine.out]).toEqual([0, expect.not.stringContaining('karo people map')])
  const words = new Set<string>()
  for (const held of HELD_REASONS) {
    const { out } = await karo(
      { [LIST]: { people: [person({ held, account: 'bob', since: null })] } },
      'people',
      'list',
    )
    expect(out).toContain('sudo karo people map')
    words.add(out.split('\n')[1] ?? '')
  }
  expect(words.size).toBe(HELD_REASONS.length)
  expect((await karo({ [LIST]: { people: [] } }, 'people', 'list')).out).toContain('No history')
})

test.each([
  [['map', 'ada', 'adele'], MAP, { person: 'ada', user: 'adele' }],
  [['remove', 'ada'], REMOVE, { person: 'ada' }],
])('people %j asks first, and without a terminal changes nothing', async (words, line, body) => {
  const answers = { [line]: { person: person() } }
  const refused = await karo(answers, 'people', ...words)
  expect([refused.code, refused.err]).toEqual([2, expect.stringContaining('--yes')])
  expect(refused.requests.map((one) => one.body)).toEqual([{ ...body, dry_run: true }])
  const done = await karo(answers, 'people', ...words, '--yes')
  expect([done.code, done.out]).toEqual([0, expect.stringContaining('ada (uid 1000)')])
  expect(done.requests).toMatchObject([{ line, body }])
  expect(done.requests[0]?.body).not.toMatchObject({ dry_run: true })
})

test('a look at a removal is only a look', async () => {
  const { code, out, requests } = await karo(
    { [REMOVE]: { person: person() } },
    'people',
    'remove',
    'ada',
    '--dry-run',
  )
  expect([code, out]).toEqual([0, expect.stringContaining('Would remove')])
  expect(requests.map(({ body }) => body)).toEqual([{ person: 'ada', dry_run: true }])
})
