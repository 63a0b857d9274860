// Who may see whose data is here, and who may give it to another account or remove it.
import { expect, onTestFinished, test } from 'vitest'
import type { PeopleShape } from '../../../src/api/contract/shapes.ts'
import { peopleRoutes } from '../../../src/api/routes/people.ts'
import type { Caller } from '../../../src/api/server/route.ts'
import { buildServer } from '../../../src/api/server/server.ts'
import { systemClock } from '../../../src/base/clock.ts'
import { silentLog } from '../../../src/base/run/log.ts'
import type { Person } from '../../../src/trust/people/index.ts'
import { owner } from '../../support/api/callers.ts'

const SERVICE_UID = 993
const ADA: Person = { number: 1000, uid: 1000, name: 'ada', since: 0, held: 'renamed', account: 'bob' }

function serverFor(caller: Caller) {
  const done: unknown[] = []
  const server = buildServer({
    routes: [
      peopleRoutes({
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
      }),
    ],
    callerOf: async () => caller,
    clock: systemClock,
    log: silentLog,
  })
  onTestFinished(() => server.close())
  const post = (path: string, payload: object) =>
    server.inject({ method: 'POST', url: `/api/v1/people/${path}`, payload })
  return { server, done, post }
}

test.each([
  ['a person', { ...owner(1000), admin: false }, [403, 403, 403]],
  ['an administrator who is not root, even with root’s number', { ...owner(1000), uid: 0 }, [200, 403, 403]],
  ['root over TCP', { ...owner(0), via: 'http' as const }, [403, 403, 403]],
  ['root', owner(0), [200, 200, 200]],
  ["the daemon's own user", owner(SERVICE_UID), [200, 200, 200]],
])('%s', async (_, caller, statuses) => {
  const { server, done, post } = serverFor(caller)
  const listed = await server.inject('/api/v1/people')
  const mapped = await post('map', { person: 'ada', user: 'ada' })
  const removed = await post('remove', { person: 'ada' })
  expect([listed.statusCode, mapped.statusCode, removed.statusCode]).toEqual(statuses)
  if (statuses[1] === 403) expect(done).toEqual([])
})

test('the ledger has it before anything of it is gone, and a look beforehand changes nothing', async () => {
  const { server, done, post } = serverFor(owner(0))
  const { people } = (await server.inject('/api/v1/people')).json<PeopleShape>()
  expect(people).toEqual([{ ...ADA, since: null }])
  expect((await post('map', { person: 'ada', user: 'ada', dry_run: true })).statusCode).toBe(200)
  expect((await post('remove', { person: 'ada', dry_run: true })).statusCode).toBe(200)
  expect(done).toEqual([])
  await post('remove', { person: 'ada' })
  expect(done).toEqual([
    ['person_changed', 'removed'],
    ['remove', 1000],
    ['rows', 1000],
  ])
})
