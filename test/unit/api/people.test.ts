// Who may see whose data is here, and who may give it to another account or remove it.

import { expect, test } from 'vitest'
import { peopleRoutes } from '../../../src/api/routes/people.ts'
import type { Caller } from '../../../src/api/server/route.ts'
import type { Person } from '../../../src/trust/people/index.ts'
import { owner } from '../../support/api/callers.ts'
import { servingOver } from '../../support/api/serving.ts'

const SERVICE_UID = 993
const ADA: Person = { number: 1000, uid: 1000, name: 'ada', since: 0, held: 'renamed', account: 'bob' }

function serverFor(caller: Caller) {
  const done: unknown[] = []
  const rooms: Parameters<typeof servingOver>[1] = {
    people: {
      list: async () => [ADA],
      find: async () => ADA,
      map: async (who, user) => {
        done.push(['map', who, user])
        return { ...ADA, uid: 1001, held: null, account: user }
      },
      remove: async (number) => void done.push(['remove', number]),
    },
    removeRows: async (number) => void done.push(['rows', number]),
    audit: { record: async ({ type, details }) => void done.push([type, details.change]) },
    ownUid: SERVICE_UID,
  }
  return { done, ...servingOver(peopleRoutes, rooms, caller) }
}

test.each([
  ['a person', { ...owner(1000), admin: false }, [403, 403, 403]],
  [
    'an administrator who is not root, even with root’s number',
    { ...owner(1000), person: 0 },
    [200, 403, 403],
  ],
  ['root over TCP', { ...owner(0), via: 'http' as const }, [403, 403, 403]],
  ['root', owner(0), [200, 200, 200]],
  ["the daemon's own user", owner(SERVICE_UID), [200, 200, 200]],
])('%s', async (_, caller, statuses) => {
  const { done, get, post } = serverFor(caller)
  const answers = [
    await get('/api/v1/people'),
    await post('/api/v1/people/map', { person: 'ada', user: 'ada' }),
    await post('/api/v1/people/remove', { person: 'ada' }),
  ]
  expect(answers.map(({ status }) => status)).toEqual(statuses)
  if (statuses[1] === 403) expect(done).toEqual([])
})

test('the ledger has it before anything of it is gone, and a look beforehand changes nothing', async () => {
  const { done, get, post } = serverFor(owner(0))
  expect((await get('/api/v1/people')).body).toEqual({ people: [{ ...ADA, since: null }] })
  const looked = { person: 'ada', dry_run: true }
  expect((await post('/api/v1/people/map', { ...looked, user: 'ada' })).status).toBe(200)
  expect((await post('/api/v1/people/remove', looked)).status).toBe(200)
  expect(done).toEqual([])
  await post('/api/v1/people/remove', { person: 'ada' })
  expect(done).toEqual([
    ['person_changed', 'removed'],
    ['remove', 1000],
    ['rows', 1000],
  ])
})
