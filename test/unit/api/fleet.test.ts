// /fleet: what a node says of the mesh that it belongs to, or is to join.
import { expect, test } from 'vitest'
import { fleetRoutes } from '../../../src/api/routes/mesh/fleet.ts'
import type { Fleet, FleetState } from '../../../src/trust/certificates/index.ts'
import { owner } from '../../support/api/callers.ts'
import { serving } from '../../support/api/serving.ts'

test('where a node looks for its inviter, and what is wrong with its enrolment file, is told to administrators alone', async () => {
  const joining = {
    expires_at: 1_800_000_000_000,
    refused: 'enrolment_file',
    detail: '/etc/karo/enrol.toml cannot be read',
    places: ['10.0.0.5:9238'],
    attempt: 1,
  }
  const state = { own: null, joined_at: null, lists_at: null, revoked_by: null, joining }
  const asked = { by: owner() }
  const routes = fleetRoutes({
    fleet: { state: () => state as unknown as FleetState, seeks: () => false } as unknown as Fleet,
    organisation: { frame: () => undefined },
    trust: { resolve: () => expect.unreachable() },
    clock: { now: () => 0 },
    places: () => [],
    discovery: { dns_sd: [], scan: [], peers: [] } as unknown as Parameters<
      typeof fleetRoutes
    >[0]['discovery'],
    wrongClocks: () => [],
    leave: async () => {},
  })
  const { get } = serving(routes, { caller: () => asked.by })
  const told = async () => (await get('/api/v1/fleet')).body.joining
  expect(await told()).toMatchObject({ places: joining.places, detail: joining.detail })
  asked.by = { ...owner(), admin: false }
  expect(await told()).toMatchObject({ refused: 'enrolment_file', places: [], detail: null })
})
