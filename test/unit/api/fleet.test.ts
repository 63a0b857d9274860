// /fleet: what a node says of the mesh that it belongs to, or is to join.

import { expect, test } from 'vitest'
import { fleetRoutes } from '../../../src/api/routes/mesh/fleet.ts'
import type { Caller } from '../../../src/api/server/route.ts'
import { owner } from '../../support/api/callers.ts'
import { servingOver } from '../../support/api/serving.ts'

/** The routes over this fleet, with what else a test has of its own; `asked.by`: who asks. */
function fleetServed(fleet: object, caller: Caller, own: Parameters<typeof servingOver>[1]) {
  const asked = { by: caller }
  const rooms = {
    fleet,
    organisation: { frame: () => undefined },
    trust: { resolve: () => expect.unreachable() },
    clock: { now: () => 0 },
    people: { nameOf: () => expect.unreachable() },
    leave: async () => {},
    ...own,
  }
  return { asked, ...servingOver(fleetRoutes, rooms, () => asked.by) }
}

test('where a node looks for its inviter, and what is wrong with its enrolment file, is told to administrators alone', async () => {
  const joining = {
    expires_at: 1_800_000_000_000,
    refused: 'enrolment_file',
    detail: '/etc/karo/enrol.toml cannot be read',
    places: ['10.0.0.5:9238'],
    attempt: 1,
  }
  const state = { own: null, joined_at: null, lists_at: null, revoked_by: null, joining }
  const { asked, get } = fleetServed({ state: () => state, seeks: () => false }, owner(), {
    mesh: { inspect: () => ({ stale: [] }) as never },
    config: { discovery: { dns_sd: [], scan: [], peers: [] } as never },
  })
  const told = async () => (await get('/api/v1/fleet')).body.joining
  expect(await told()).toMatchObject({ places: joining.places, detail: joining.detail })
  asked.by = { ...owner(), admin: false }
  expect(await told()).toMatchObject({ refused: 'enrolment_file', places: [], detail: null })
})

test('an invite says which account made it, by its name where it has one', async () => {
  const made: { readonly made_by: string }[] = []
  const fleet = {
    state: () => ({ root: 'karo:ed25519:root' }),
    async invite(terms: { readonly made_by: string }) {
      made.push(terms)
      return { code: 'code', invite: { id: '0123456789abcdef' } }
    },
    invites: () =>
      made.map((terms) => ({
        ...terms,
        id: '0123456789abcdef',
        state: 'open',
        made_at: 0,
        expires_at: 1,
        used: [],
        failures: 0,
      })),
  }
  const { asked, post, get } = fleetServed(fleet, owner(1000), {
    people: { nameOf: async (uid) => (uid === 1000 ? 'ann' : undefined) },
    mesh: { status: () => ({ listen: ['/ip4/127.0.0.1/tcp/9238', '/ip6/fd00::5/tcp/9238'] }) as never },
  })
  expect((await post('/api/v1/fleet/invites')).body).toMatchObject({
    invite: { made_by: 'ann' },
    places: ['[fd00::5]:9238'],
  })
  asked.by = owner(4711)
  expect((await post('/api/v1/fleet/invites')).body.invite).toMatchObject({ id: '0123456789abcdef' })
  const { invites } = (await get('/api/v1/fleet/invites')).body
  expect(invites.map(({ made_by }: { made_by: string }) => made_by)).toEqual(['ann', 'uid 4711'])
})
