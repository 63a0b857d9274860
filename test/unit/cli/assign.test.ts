// karo ca assign and karo invite --file, against a daemon that is played: several machines, one that is refused, and a file that names no address.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fingerprintOf } from '../../../src/trust/identity/index.ts'
import { temporaryDirectory } from '../../support/data/database.ts'
import { testIdentity } from '../../support/mesh/identity.ts'
import { karo, transcript } from '../../support/node/played-daemon.ts'

const named = (number: number) => {
  const { nodeId, publicKey } = testIdentity(number)
  return { node_id: nodeId, fingerprint: fingerprintOf(publicKey) }
}
const [issuer, ann, bob] = [named(7_101), named(7_102), named(7_103)]
const AT = '2026-11-22T12:00:00.000Z'
const machines = [
  { ...ann, name: 'ann', roles: ['security'], teams: [] },
  { ...bob, name: 'bob', roles: [], teams: ['eng'] },
]
const certified = ({ who, teams }: { who: string; teams?: string[] }) => {
  const machine = machines.find(({ node_id }) => node_id === who)
  const given = { usage: 'node', grants: [], issuer: issuer.node_id, issued_at: AT, ends_at: AT }
  return machine && { certificate: { ...given, ...machine, teams: teams ?? machine.teams } }
}
const ASSIGN = 'ca assign --of hq'
const assigning = (assigned: (body: { who: string }) => unknown, nodes: readonly object[] = machines) => ({
  'GET /api/v1/fleet/assignable': { nodes },
  'POST /api/v1/fleet/assign': assigned,
})

test('all machines of an issuer are shown with what they are to have, and only then certified', async () => {
  // Nobody can answer here, so nothing is done without --yes.
  expect(await transcript(assigning(certified), ASSIGN, `${ASSIGN} --team ops --yes`)).toMatchSnapshot()
})

test('one machine that is refused keeps none of the others from it, and the exit code says that not all were', async () => {
  const butAnn = assigning((body) => (body.who === ann.node_id ? undefined : certified(body)))
  const refused = await transcript(butAnn, `${ASSIGN} --yes`, `${ASSIGN} --yes --json`)
  const none = await transcript(
    assigning(() => undefined),
    `${ASSIGN} --yes`,
  )
  expect(refused + none).toMatchSnapshot()
})

test('nodes together with --of, nobody at all, and an issuer without machines are refused', async () => {
  const lines = ['ca assign ann --of hq --yes', 'ca assign --yes', `${ASSIGN} --yes`]
  expect(await transcript(assigning(certified, []), ...lines)).toMatchSnapshot()
})

test('an enrolment file of a node that nobody reaches says so', async () => {
  const invite = {
    id: '0123456789abcdef',
    state: 'open',
    made_at: AT,
    ends_at: AT,
    uses: 1,
    used: 0,
    failures: 0,
    roles: [],
    teams: [],
  }
  for (const places of [[], ['10.0.0.5:9238']]) {
    const file = join(temporaryDirectory(), 'enrolment.json')
    const made = { code: 'CODE', root: issuer.node_id, places, invite }
    const { code, err } = await karo({ 'POST /api/v1/fleet/invites': made }, 'invite', '--file', file)
    expect(code).toBe(0)
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ code: 'CODE', peers: places })
    expect(err.includes('names no address')).toBe(places.length === 0)
  }
})
