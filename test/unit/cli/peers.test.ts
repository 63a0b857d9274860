// karo peers, karo share and karo audit against a daemon that is played: what is sent, what is printed, which exit code.

import { expect, test } from 'vitest'
import { fingerprintWords } from '../../../src/base/words/fingerprint-words.ts'
import { testIdentity } from '../../support/mesh/identity.ts'
import { karo } from '../../support/node/played-daemon.ts'

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

test('peers --json is exactly the daemon’s list; pending has only those who wait; an empty one says what to do next', async () => {
  const all = await karo({ [PEERS]: { peers: [bob, ann] } }, 'peers', '--json')
  expect([all.code, JSON.parse(all.out)]).toEqual([0, { peers: [bob, ann] }])
  const pending = await karo({ [PEERS]: { peers: [bob, ann] } }, 'peers', 'pending', '--json')
  expect([pending.code, JSON.parse(pending.out)]).toEqual([0, { peers: [bob] }])
  expect((await karo({ [PEERS]: { peers: [] } }, 'peers')).out).toContain('karo up')
})

test('people see fingerprints in groups of four and how to trust who waits', async () => {
  const { code, out } = await karo({ [PEERS]: { peers: [bob, ann] } }, 'peers')
  expect(code).toBe(0)
  expect(out).toContain('0123 4567 89ab cdef')
  expect(out).toMatch(/karo --home \S+ peers trust 0123456789abcdef\n/)
})

test('nobody is advised to trust a successor of a key that has two, which may be a thief’s', async () => {
  const thief = { ...bob, why: 'frozen' }
  const alone = await karo({ [PEERS]: { peers: [thief, ann] } }, 'peers')
  expect(alone.out).toContain('frozen: two successors')
  expect(alone.out).not.toContain('peers trust')
  const other = { ...ann, state: 'pending' }
  const both = await karo({ [PEERS]: { peers: [thief, other] } }, 'peers')
  expect(both.out).toMatch(/peers trust fedcba9876543210\n/)
})

test('a link is alive now, whenever its last ping was; a member without one is reached through others', async () => {
  const last_seen = new Date(Date.now() - 49_000).toISOString()
  const cedar = { ...bob, name: 'cedar', last_seen, state: 'known', known_by: 'gossip', presence: 'online' }
  const peers = [
    { ...ann, last_seen, known_by: 'link', presence: 'online' },
    cedar,
    { ...cedar, name: 'elm', presence: 'unsure' },
    { ...cedar, name: 'fir', known_by: 'link' },
  ]
  const { out } = await karo({ [PEERS]: { peers } }, 'peers')
  expect(out).toMatch(/ ann .* now$/m)
  expect(out).toMatch(/ cedar .* \d+ s ago, through others$/m)
  expect(out).toMatch(/ elm .* \d+ s ago, connection broke$/m)
  expect(out).toMatch(/ fir .* \d+ s ago$/m)
  const explained = await karo(
    { 'GET /api/v1/peers/explain': { peer: { ...cedar, links: [bob.fingerprint] }, steps: [] } },
    'peers',
    'explain',
    'x',
  )
  expect(explained.out).toContain('no direct link; reached through other members')
  expect(explained.out).toContain('links: 1, as it announced last')
})

const TRUST = 'POST /api/v1/peers/trust'
const words = fingerprintWords(bob.fingerprint)
const trusted = { ...bob, state: 'known', trust_level: 'peer', why: 'tofu', name_chosen: true }
const IDENTITY = {
  'GET /api/v1/identity': { node_id: ann.node_id, fingerprint: '00112233aabbccdd', name: 'ann' },
}

test('trust sends what was said and nothing else, and tells what the other side must do', async () => {
  const answers = { [TRUST]: { peer: trusted }, ...IDENTITY }
  const full = ['--level', 'share_to', '--name', 'bob', '--role', 'lead, security', '--team', 'eng']
  const said = await karo(answers, 'peers', 'trust', '0123', '4567', '89ab', 'cdef', ...full)
  expect(said.requests[0]).toEqual({
    line: 'POST /api/v1/peers/trust',
    body: {
      who: '0123 4567 89ab cdef',
      level: 'share_to',
      name: 'bob',
      roles: ['lead', 'security'],
      teams: ['eng'],
    },
  })
  expect(said.out).toContain('karo peers trust 00112233aabbccdd')
  const bare = await karo(answers, 'peers', 'trust', bob.node_id, '--json')
  expect(bare.requests).toEqual([{ line: 'POST /api/v1/peers/trust', body: { who: bob.node_id } }])
  expect(JSON.parse(bare.out)).toEqual(answers[TRUST])
})

test('by the name that a node gave itself it is trusted only after its key was shown, or with --yes', async () => {
  const answers = {
    'GET /api/v1/peers/explain': { peer: bob, steps: [] },
    [TRUST]: { peer: trusted },
    ...IDENTITY,
  }
  const unasked = await karo(answers, 'peers', 'trust', 'bob')
  expect([unasked.code, unasked.requests.filter(({ line }) => line === TRUST)]).toEqual([2, []])
  expect(unasked.out).toContain('0123 4567 89ab cdef')
  expect(unasked.out).toContain(words)
  expect(unasked.err).toContain('--yes')
  const said = await karo(answers, 'peers', 'trust', 'bob', '--yes')
  // The key that was shown, and not whoever has that name by then.
  expect(said.requests.find(({ line }) => line === TRUST)?.body).toEqual({ who: bob.node_id })
  // A name that people here gave means the key they gave it to.
  const chosen = { ...answers, 'GET /api/v1/peers/explain': { peer: trusted, steps: [] } }
  const again = await karo(chosen, 'peers', 'trust', 'bob', '--team', 'eng')
  expect(again.requests.find(({ line }) => line === TRUST)?.body).toEqual({ who: 'bob', teams: ['eng'] })
})

test('all that wait in a subnet are trusted by their keys, after a list of them', async () => {
  const at = (n: number) => ({ addresses: [`/ip4/10.0.3.${n}/tcp/9238`] })
  const near = { ...bob, ...at(5) }
  const other = { ...ann, ...at(6), state: 'pending' }
  const peers = [
    near,
    other,
    { ...bob, ...at(7), state: 'known' },
    { ...bob, addresses: ['/ip4/10.0.4.5/tcp/1'] },
  ]
  const answers = { [PEERS]: { peers }, [TRUST]: { peer: trusted } }
  const bulk = ['peers', 'trust', '--pending', '--subnet', '10.0.3.0/24', '--team', 'eng']
  const unasked = await karo(answers, ...bulk)
  expect([unasked.code, unasked.requests.length]).toEqual([2, 1])
  const done = await karo(answers, ...bulk, '--yes')
  expect(done.out).toContain(words)
  expect(done.requests.slice(1)).toEqual(
    [bob, ann].map(({ node_id }) => ({ line: TRUST, body: { who: node_id, teams: ['eng'] } })),
  )
  const json = await karo(answers, ...bulk, '--yes', '--json')
  expect(JSON.parse(json.out)).toEqual({ peers: [trusted, trusted] })
  const nobody = await karo(answers, 'peers', 'trust', '--pending', '--subnet', '10.9.0.0/16', '--yes')
  expect([nobody.code, nobody.requests.length]).toEqual([1, 1])
  expect((await karo(answers, ...bulk, '--yes', '--name', 'x')).err).toContain('--name is for one node')
})

test('deny and revoke send who; errors of the daemon keep their code and hint', async () => {
  for (const what of ['deny', 'revoke']) {
    const answers = {
      'GET /api/v1/peers/explain': { peer: bob, steps: [] },
      [`POST /api/v1/peers/${what}`]: { peer: bob },
    }
    const sure = what === 'revoke' ? ['--yes'] : []
    const done = await karo(answers, 'peers', what, 'bob', ...sure)
    expect([done.code, done.requests.at(-1)?.body]).toEqual([0, { who: 'bob' }])
    // Nobody can be asked here.
    if (what === 'revoke')
      expect(await karo(answers, 'peers', what, 'bob')).toMatchObject({
        code: 2,
        err: expect.stringContaining('asks for a confirmation'),
        requests: [{ line: 'GET /api/v1/peers/explain?who=bob' }],
      })
    const failed = await karo({}, 'peers', what, 'bob', '--json')
    expect([failed.code, JSON.parse(failed.out).error.code]).toEqual([1, 'not_found'])
  }
})

test('several nodes are refused before the daemon is asked; help shows one', async () => {
  for (const what of ['peers deny', 'peers revoke', 'peers explain', 'share allow', 'share stop']) {
    const words = what.split(' ')
    const { code, err, requests } = await karo({}, ...words, 'ash', 'vm')
    expect([code, requests]).toEqual([2, []])
    expect(err).toContain("this takes one node, but 'ash', 'vm' are 2")
    expect((await karo({}, ...words, '--help')).out).toMatch(
      /^Usage: karo \w+ \w+ \[options\] <(?:node|who)>$/m,
    )
  }
  const quoted = await karo({ 'POST /api/v1/peers/deny': { peer: bob } }, 'peers', 'deny', "bob's laptop")
  expect(quoted.requests[0]?.body).toEqual({ who: "bob's laptop" })
})

test('share takes a fingerprint as it is printed, in groups of four', async () => {
  const view = {
    sharing: 'on',
    source: 'decision',
    max_level: 2,
    categories: { tool_usage: true, activity_patterns: true, safety_stats: true, anomalies: true },
    anomalies: 'identified',
    allow: { peers: [], supervisors: [] },
    allow_only: [],
    stopped: [],
    stopped_only: [],
    peers: [],
    totals: [],
  }
  for (const what of ['allow', 'stop']) {
    const groups = ['0123', '4567', '89ab', 'cdef']
    const said = await karo({ [`POST /api/v1/share/${what}`]: view }, 'share', what, ...groups, '--json')
    expect([said.code, said.requests[0]?.body]).toEqual([0, { who: '0123 4567 89ab cdef' }])
  }
})

test('wrong words are exit code 2', async () => {
  for (const words of [
    ['peers', 'trust'],
    ['peers', 'trust', 'bob', '--level', 'root'],
    ['peers', 'trust', 'bob', '--pending'],
    ['peers', 'trust', '--subnet', '10.0.0.0/24'],
    ['peers', 'trust', '--pending', '--subnet', '10.0.0.0/33'],
    ['audit'],
    ['audit', 'log', '--since', 'x'],
  ]) {
    expect((await karo({}, ...words)).code).toBe(2)
  }
})

test('audit log passes its filters on', async () => {
  const entry = {
    seq: 7,
    timestamp: '2025-11-20T08:15:00.000Z',
    type: 'trust_change',
    success: true,
    peer: bob.node_id,
    details: { action: 'deny' },
    hash: 'ab'.repeat(32),
  }
  const answers = { 'GET /api/v1/audit/log': { entries: [entry] } }
  const since = '2025-11-20T08:00:00.000Z'
  const words = ['--limit', '5', '--type', 'trust_change', '--peer', '0123 4567 89ab cdef', '--since', since]
  const { code, out, requests } = await karo(answers, 'audit', 'log', ...words, '--json')
  expect([code, JSON.parse(out)]).toEqual([0, { entries: [entry] }])
  const asked = new URL(requests[0]!.line.slice('GET '.length), 'http://karo')
  expect(Object.fromEntries(asked.searchParams)).toEqual({
    limit: '5',
    type: 'trust_change',
    peer: '0123 4567 89ab cdef',
    since,
  })
  const people = await karo({ ...answers, [PEERS]: { peers: [bob] } }, 'audit', 'log')
  expect(people.out).toContain('action=deny')
})

test('audit verify exits 1 when the ledger is broken, 5 when nobody shows that its end is there, and prints the verdict', async () => {
  const whole = { ok: true, entries: 3, head: 'ab'.repeat(32), first_bad: null, earlier_keys: [] }
  const outside = { seq: 3, signed_at: '2026-11-20T09:00:00.000Z', members: [bob], missing: 0 }
  for (const [code, verdict] of [
    [0, { ...whole, outside }],
    [5, whole],
    [5, { ...whole, outside: { ...outside, members: [] } }],
    [1, { ...whole, ok: false, first_bad: 2 }],
  ] as const) {
    const answers = { 'GET /api/v1/audit/verify': verdict }
    const scripts = await karo(answers, 'audit', 'verify', '--json')
    expect([scripts.code, JSON.parse(scripts.out)]).toEqual([code, verdict])
    const people = await karo(answers, 'audit', 'verify')
    expect([people.code, people.out.length > 0]).toEqual([code, true])
    expect(people.out.includes('The ledger is whole')).toBe(code === 0)
  }
})
