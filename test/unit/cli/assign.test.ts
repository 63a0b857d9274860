// karo ca assign and karo invite --file, against a daemon that is played: several machines, one that is refused, and a file that names no address.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fingerprintOf } from '../../../src/trust/identity/index.ts'
import { temporaryDirectory } from '../../support/data/database.ts'
import { testIdentity } from '../../support/mesh/identity.ts'
import { karo } from '../../support/node/played-daemon.ts'

const named = (number: number) => {
  const { nodeId, publicKey } = testIdentity(number)
  return { node_id: nodeId, fingerprint: fingerprintOf(publicKey) }
}
const [issuer, ann, bob] = [named(7_101), named(7_102), named(7_103)]
const AT = '2026-11-22T00:00:00.000Z'

const machines = [
  { ...ann, name: 'ann', roles: ['security'], teams: [] },
  { ...bob, name: 'bob', roles: [], teams: ['eng'] },
]
const certified = ({ who, teams }: { who: string; teams?: string[] }) => {
  const machine = machines.find(({ node_id }) => node_id === who)
  return (
    machine && {
      certificate: {
        usage: 'node',
        grants: [],
        issuer: issuer.node_id,
        issued_at: AT,
        ends_at: AT,
        ...machine,
        teams: teams ?? machine.teams,
      },
    }
  )
}
const OF = ['ca', 'assign', '--of', 'hq']
const listed = { 'GET /api/v1/fleet/assignable': { nodes: machines } }

test('all machines of an issuer are shown with what they are to have, and only then certified', async () => {
  const answers = { ...listed, 'POST /api/v1/fleet/assign': certified }
  const asked = await karo(answers, ...OF)
  // Nobody can answer here, so nothing is done.
  expect(asked.code).not.toBe(0)
  expect(asked.requests.map(({ line }) => line.split(' ')[0])).not.toContain('POST')
  const { code, out, requests } = await karo(answers, ...OF, '--team', 'ops', '--yes')
  expect([code, out]).toEqual([0, expect.stringContaining('2 of 2 machines have a new certificate')])
  expect(requests.slice(1).map(({ body }) => body)).toEqual(
    machines.map(({ node_id }) => ({ who: node_id, teams: ['ops'] })),
  )
})

test('one machine that is refused keeps none of the others from it, and the exit code says that not all were', async () => {
  const but = (who: string) => (body: { who: string }) => (body.who === who ? undefined : certified(body))
  const answers = { ...listed, 'POST /api/v1/fleet/assign': but(ann.node_id) }
  const { code, out, err } = await karo(answers, ...OF, '--yes')
  expect([code, out]).toEqual([5, expect.stringContaining('1 of 2 machines')])
  expect(err).toContain('ann keeps its certificate: no such thing')
  const told = await karo(answers, ...OF, '--yes', '--json')
  expect(JSON.parse(told.out)).toMatchObject({
    certificates: [{ name: 'bob' }],
    failed: [{ node_id: ann.node_id, name: 'ann', why: 'no such thing' }],
  })
  const none = await karo({ ...listed, 'POST /api/v1/fleet/assign': () => undefined }, ...OF, '--yes')
  expect([none.code, none.out]).toEqual([1, expect.stringContaining('0 of 2 machines')])
})

test('nodes together with --of, nobody at all, and an issuer without machines are refused', async () => {
  for (const [words, says] of [
    [['ann', '--of', 'hq'], 'not both'],
    [[], 'no machine is named'],
    [['--of', 'hq'], 'no machine with a certificate of that issuer'],
  ] as const) {
    const { code, err } = await karo(
      { 'GET /api/v1/fleet/assignable': { nodes: [] } },
      'ca',
      'assign',
      ...words,
      '--yes',
    )
    expect(code).not.toBe(0)
    expect(err).toContain(says)
  }
})

test('an enrolment file of a node that nobody reaches says so', async () => {
  const made = (places: readonly string[]) => ({
    'POST /api/v1/fleet/invites': {
      code: 'CODE',
      root: issuer.node_id,
      places,
      invite: {
        id: '0123456789abcdef',
        state: 'open',
        made_at: AT,
        ends_at: AT,
        uses: 1,
        used: 0,
        failures: 0,
        roles: [],
        teams: [],
      },
    },
  })
  for (const places of [[], ['10.0.0.5:9238']]) {
    const file = join(temporaryDirectory(), 'enrolment.json')
    const { code, err } = await karo(made(places), 'invite', '--file', file)
    expect(code).toBe(0)
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ code: 'CODE', peers: places })
    expect(err.includes('names no address')).toBe(places.length === 0)
  }
})
