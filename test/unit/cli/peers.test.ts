// karo peers, karo share and karo audit against a daemon that is played. The page of snapshots has what is asked, what is printed, and the exit code.

import { expect, test } from 'vitest'
import { BUILD } from '../../../src/base/version.ts'
import { testIdentity } from '../../support/mesh/identity.ts'
import { playDaemon, policyWith, transcript } from '../../support/node/played-daemon.ts'
import { commandLine } from '../../support/run/command-line.ts'

const bob = {
  node_id: testIdentity(1).nodeId,
  fingerprint: '0123456789abcdef',
  name: 'bob',
  addresses: [],
  state: 'pending',
  trust_level: 'untrusted',
  roles: [],
  teams: [],
  why: 'default',
  last_seen: null,
  known_by: null,
  presence: null,
}
const ann = {
  ...bob,
  node_id: testIdentity(2).nodeId,
  fingerprint: 'fedcba9876543210',
  name: 'ann',
  state: 'connected',
}
const PEERS = 'GET /api/v1/peers'
const EXPLAIN = 'GET /api/v1/peers/explain'
async function emptyList(mesh: { alone: boolean }): Promise<string> {
  const status = { mesh, you: { admin: true } }
  const { home } = await playDaemon({ [PEERS]: { peers: [] }, 'GET /api/v1/status': status }, BUILD)
  return (await commandLine(['peers'], { env: { KARO_HOME: home } })).out
}
const TRUST = 'POST /api/v1/peers/trust'
const trusted = { ...bob, state: 'known', trust_level: 'peer', why: 'tofu', name_chosen: true }
const IDENTITY = {
  'GET /api/v1/identity': { node_id: ann.node_id, fingerprint: '00112233aabbccdd', name: 'ann' },
}

test('peers: who waits and how to trust them; pending has these alone; an empty list says what to do next', async () => {
  const answers = { [PEERS]: { peers: [bob, ann] } }
  expect(await transcript(answers, 'peers', 'peers --json', 'peers pending --json')).toMatchSnapshot()
  expect(await emptyList({ alone: false })).toMatch(/karo up.*\[discovery\] peers/s)
})

test('roles and teams are a column where somebody has one', async () => {
  const peers = [bob, { ...ann, roles: ['lead'], teams: ['web', 'ops'] }]
  const shown = await transcript({ [PEERS]: { peers } }, 'peers')
  expect(shown).toMatch(/ {2}ROLES; TEAMS\n/)
  expect(shown).toMatch(/ {2}lead; web, ops\n/)
  expect(await transcript({ [PEERS]: { peers: [bob] } }, 'peers')).not.toContain('TEAMS')
})

test('who trusts a revoked node is told that it changes nothing, and what says why', async () => {
  const peer = { ...bob, state: 'revoked' }
  const answers = { [EXPLAIN]: { peer, steps: [] }, [TRUST]: { peer, steps: [] } }
  expect(await transcript(answers, `peers trust ${bob.fingerprint}`)).toContain(
    `now has the level untrusted: it cannot connect, and gets nothing. Why: karo peers explain ${bob.fingerprint}`,
  )
})

test('who is used alone is told which keys to take out', async () => {
  const out = await emptyList({ alone: true })
  const keys = [...out.matchAll(/karo --home \S+ config unset (\S+)/g)].map(([, key]) => key)
  expect(keys).toEqual(['discovery.mdns', 'mesh.listen'])
})

test('nobody is advised to trust a successor of a key that has two, which may be a thief’s', async () => {
  const thief = { ...bob, why: 'frozen' }
  const alone = await transcript({ [PEERS]: { peers: [thief, ann] } }, 'peers')
  expect(alone).not.toContain('peers trust')
  const both = await transcript({ [PEERS]: { peers: [thief, { ...ann, state: 'pending' }] } }, 'peers')
  expect(alone + both).toMatchSnapshot()
})

test('a link is alive now, whenever its last ping was; a member without one is reached through others', async () => {
  const last_seen = new Date(Date.now() - 9_000).toISOString()
  const cedar = { ...bob, name: 'cedar', last_seen, state: 'known', known_by: 'gossip', presence: 'online' }
  const peers = [
    { ...ann, last_seen, known_by: 'link', presence: 'online' },
    cedar,
    { ...cedar, name: 'elm', presence: 'unsure' },
    { ...cedar, name: 'fir', known_by: 'link' },
  ]
  const explained = { peer: { ...cedar, links: [bob.fingerprint] }, steps: [] }
  expect(
    await transcript({ [PEERS]: { peers }, [EXPLAIN]: explained }, 'peers', 'peers explain x'),
  ).toMatchSnapshot()
})

test('of a node that is refused the last try is told, or that there was none since; and where all of them are', async () => {
  const last_seen = new Date(Date.now() - 9_000).toISOString()
  const peers = [
    { ...bob, state: 'revoked', last_seen },
    { ...ann, state: 'denied', last_seen: null },
  ]
  const out = await transcript(
    { [PEERS]: { peers }, [EXPLAIN]: { peer: peers[0], steps: [] } },
    'peers',
    'peers explain bob',
  )
  expect(out).toMatch(/bob +revoked .* s ago, refused/)
  expect(out).toMatch(/ann +denied .*no try seen/)
  expect(out).toContain(`tries to connect: some s ago, refused; karo audit log --peer ${bob.fingerprint}`)
})

test('trust sends what was said and nothing else, and tells what the other side must do', async () => {
  const full = '--level share_to --name bob --team eng'.split(' ')
  expect(
    await transcript(
      { [TRUST]: { peer: trusted }, ...IDENTITY },
      ['peers', 'trust', '0123', '4567', '89ab', 'cdef', ...full, '--role', 'lead, security'],
      `peers trust ${bob.node_id} --json`,
    ),
  ).toMatchSnapshot()
})

test('by the name that a node gave itself it is trusted only after its key was shown, or with --yes', async () => {
  const answers = { [EXPLAIN]: { peer: bob, steps: [] }, [TRUST]: { peer: trusted }, ...IDENTITY }
  const chosen = { ...answers, [EXPLAIN]: { peer: trusted, steps: [] } }
  expect(
    [
      // With --yes it is the key that was shown, and not whoever has that name by then.
      await transcript(answers, 'peers trust bob', 'peers trust bob --yes'),
      // A name that people here gave means the key they gave it to.
      await transcript(chosen, 'peers trust bob --team eng'),
    ].join('\n'),
  ).toMatchSnapshot()
})

test('all that wait in a subnet are trusted by their keys, after a list of them', async () => {
  const at = (n: number) => ({ addresses: [`/ip4/10.0.3.${n}/tcp/9238`] })
  const peers = [
    { ...bob, ...at(5) },
    { ...ann, ...at(6), state: 'pending' },
    { ...bob, ...at(7), state: 'known' },
    { ...bob, addresses: ['/ip4/10.0.4.5/tcp/1'] },
  ]
  const bulk = 'peers trust --pending --subnet 10.0.3.0/24 --team eng'
  expect(
    await transcript(
      { [PEERS]: { peers }, [TRUST]: { peer: trusted } },
      ...[bulk, `${bulk} --yes`, `${bulk} --yes --json`, `${bulk} --yes --name x`],
      'peers trust --pending --subnet 10.9.0.0/16 --yes',
    ),
  ).toMatchSnapshot()
})

test('deny and revoke send who; errors of the daemon keep their code and hint; revoke asks, and nobody can answer here', async () => {
  const peer = { peer: bob }
  const answers = {
    ...policyWith(null),
    [EXPLAIN]: { peer: bob, steps: [] },
    'POST /api/v1/peers/deny': peer,
    'POST /api/v1/peers/revoke': peer,
  }
  expect(
    [
      await transcript(
        answers,
        ['peers', 'deny', "bob's laptop"],
        ...['peers deny bob', 'peers revoke bob', 'peers revoke bob --yes'],
      ),
      await transcript({}, 'peers deny bob --json', 'peers revoke bob --json'),
    ].join('\n'),
  ).toMatchSnapshot()
})

test('several nodes are refused before the daemon is asked; help shows one', async () => {
  const takeOne = ['peers deny', 'peers revoke', 'peers explain', 'share allow', 'share stop']
  for (const what of takeOne) {
    const said = await transcript({}, `${what} ash vm`, `${what} --help`)
    expect(said).toContain("this takes one node, but 'ash', 'vm' are 2")
    expect(said).toMatch(/^Usage: karo \w+ \w+ \[options\] <(?:node|who)>$/m)
    expect(said).not.toContain('/api/')
  }
})

test('audit log passes its filters on', async () => {
  const entry = {
    seq: 7,
    timestamp: '2025-11-20T12:15:00.000Z',
    type: 'trust_change',
    success: true,
    peer: bob.node_id,
    details: { action: 'deny' },
    hash: 'ab'.repeat(32),
  }
  const filters = '--limit 5 --type trust_change --since 2025-11-20T08:00:00.000Z --json'.split(' ')
  expect(
    await transcript(
      { 'GET /api/v1/audit/log': { entries: [entry] }, [PEERS]: { peers: [bob] } },
      ['audit', 'log', ...filters, '--peer', '0123 4567 89ab cdef'],
      'audit log',
    ),
  ).toMatchSnapshot()
})

test('audit verify exits 1 when the ledger is broken, 5 when nobody shows that its end is there, and prints the verdict', async () => {
  const whole = { ok: true, entries: 3, head: 'ab'.repeat(32), first_bad: null, earlier_keys: [] }
  const outside = { seq: 3, signed_at: '2026-11-20T12:00:00.000Z', members: [bob], missing: 0 }
  const verdicts = {
    'whole, as others show': { ...whole, outside },
    'whole, as far as it goes': whole,
    'nobody has seen its end': { ...whole, outside: { ...outside, members: [] } },
    broken: { ...whole, ok: false, first_bad: 2 },
    'its end is missing': { ...whole, ok: false, first_bad: 2, outside: { ...outside, missing: 2 } },
  }
  for (const [title, verdict] of Object.entries(verdicts))
    expect(
      await transcript({ 'GET /api/v1/audit/verify': verdict }, 'audit verify', 'audit verify --json'),
    ).toMatchSnapshot(title)
})
