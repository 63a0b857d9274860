// karo people against a daemon that is played: what is held back is said in words, and nothing is changed without a yes.
import { expect, test } from 'vitest'
import { HELD_REASONS } from '../../../src/base/words/held-reasons.ts'
import { karo, transcript } from '../../support/node/played-daemon.ts'

const person = (changes: object = {}) => ({
  number: 1000,
  uid: 1000,
  name: 'ada',
  since: '2026-11-20T08:00:00.000Z',
  held: null,
  account: 'ada',
  ...changes,
})

test('every reason has its words, and only what is held back brings advice', async () => {
  const listed = async (...people: object[]) =>
    (await karo({ 'GET /api/v1/people': { people } }, 'people', 'list')).out
  expect(await listed(person())).not.toContain('karo people map')
  const words = new Set<string>()
  for (const held of HELD_REASONS) {
    const out = await listed(person({ held, account: 'bob', since: null }))
    expect(out).toContain('sudo karo people map')
    words.add(out.split('\n')[1] ?? '')
  }
  expect(words.size).toBe(HELD_REASONS.length)
  expect(await listed()).toContain('No history')
})

test('both ways to change something ask first, and without a terminal change nothing; a look is only a look', async () => {
  const answers = {
    'POST /api/v1/people/map': { person: person() },
    'POST /api/v1/people/remove': { person: person() },
  }
  const lines = ['people map ada adele', 'people remove ada'].flatMap((line) => [line, `${line} --yes`])
  expect(await transcript(answers, ...lines, 'people remove ada --dry-run')).toMatchSnapshot()
})
