// Strangers and hostile members at a real daemon's door: what they see, are refused, and cannot invent. Places, quotas, decisions and every
// attack are tried without a daemon, in unit/mesh/lobby, flood, admission and frames.
import type { Connection } from '@libp2p/interface'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { Hello, HelloAck } from '../../../protocols/messages/hello.ts'
import { hello, presences, STREAMS } from '../../../protocols/registry.ts'
import type { PeerShape, QueryResult } from '../../../src/api/contract/shapes.ts'
import { addressOf, api, linked, nextTo, trusts } from '../../support/mesh/honest.ts'
import { inventedPresence, tellNotices } from '../../support/mesh/raw-notices.ts'
import { type RawPeer, rawHello, rawPeer } from '../../support/mesh/raw-peer.ts'
import { startNode, type TestNode } from '../../support/node/node.ts'
import { until } from '../../support/run/until.ts'

const MEMBERS_ONLY = [
  ...STREAMS.filter(({ admits }) => admits === 'member').map(({ id }) => id),
  '/ipfs/id/1.0.0',
  '/karo/kad/1',
]

const INVENTED = 20

/** Of all tests; the first of them finds it as it started. */
let victim: TestNode
beforeAll(async () => {
  victim = await startNode({ name: 'victim' })
})

async function outsiders(count: number): Promise<RawPeer[]> {
  const peers = await Promise.all(Array.from({ length: count }, () => rawPeer()))
  onTestFinished(async () => {
    await Promise.all(peers.map((peer) => peer.stop()))
  })
  return peers
}

/** All of them at once: a stranger's connection lives for ten seconds, and one after the other would take a busy machine longer. */
async function seesHelloAlone(peer: RawPeer, connection: Connection): Promise<void> {
  expect(await peer.list(connection)).toEqual([hello.id])
  await Promise.all(
    MEMBERS_ONLY.map((protocol) =>
      expect(peer.open(connection, protocol), protocol).rejects.toMatchObject({
        name: 'UnsupportedProtocolError',
      }),
    ),
  )
}

test('a stranger is pending under its proven id, is served hello alone, and is gone after its time; a member has all', async () => {
  const address = await addressOf(victim)
  const pending = async () => (await victim.json<{ peers: PeerShape[] }>(['peers', 'pending'])).peers
  const [polite, silent, idle, member] = (await outsiders(4)) as [RawPeer, RawPeer, RawPeer, RawPeer]
  const unspoken = await silent.dial(address)
  await seesHelloAlone(silent, unspoken)

  const spoken = await polite.dial(address)
  const control = await polite.open(spoken, hello.id)
  control.send(control.frame(Hello, rawHello({ name: 'nobody' })))
  await until(() => control.frames.some(({ message }) => message === HelloAck), {
    what: 'an answer to hello',
  })
  expect(control.frames.map(({ body }) => body)).toMatchObject([
    { versions: expect.arrayContaining(STREAMS.map(({ id }) => id)) },
    { stage: 'pending' },
  ])
  // That it agrees to everything changes nothing.
  control.send(control.frame(HelloAck, { stage: 'yes', skew_ms: 0 }))
  await seesHelloAlone(polite, spoken)
  // Its key is proven, so it is listed by it; who said nothing is nobody yet.
  const listed = [{ node_id: polite.id, name: 'nobody', state: 'pending', trust_level: 'untrusted' }]
  expect(await pending()).toMatchObject(listed)

  // Each is let go on for its time and no longer, also one that does nothing at all.
  const all = [unspoken, spoken, await idle.dial(address)]
  await until(() => all.every(({ status }) => status !== 'open'), { what: 'all are gone' })
  expect(await pending()).toMatchObject(listed)
  expect((await victim.status()).mesh).toMatchObject({ peers_connected: 0, members_known: 0 })

  await trusts(victim, member.id)
  const joined = await member.dial(address)
  await member.join(joined)
  expect([...(await member.list(joined))].sort()).toEqual([hello.id, ...MEMBERS_ONLY].sort())
})

test('members that somebody invents under the name of a friend come neither between it and a decision nor into coverage', async () => {
  const ash = await startNode({ name: 'ash', config: await nextTo(victim) })
  const { node_id, fingerprint } = await ash.status()
  await trusts(victim, node_id)
  await trusts(ash, (await victim.status()).node_id)
  await linked(victim, ash)

  const [peer] = (await outsiders(1)) as [RawPeer]
  await trusts(victim, peer.id)
  const connection = await peer.dial(await addressOf(victim))
  const control = await peer.join(connection)
  const names = Array.from({ length: INVENTED }, (_, n) => (n % 2 === 0 ? 'ash' : fingerprint))
  tellNotices(control, presences, names.map(inventedPresence))
  const peersOf = async () => ((await api(victim, 'GET', 'peers')) as { peers: PeerShape[] }).peers
  await until(
    async () => (await peersOf()).filter(({ known_by }) => known_by === 'gossip').length === INVENTED,
    { what: 'all are members by hearsay' },
  )

  // Those that were trusted before are gone, and the hostile one never answers; who is invented is not waited for.
  const known = (await peersOf()).filter(({ trust_level }) => trust_level === 'peer').length
  expect(known).toBeLessThan(INVENTED)
  const asked = await victim.karo(['query', 'health', '--json'])
  const result = JSON.parse(asked.stdout) as QueryResult
  expect(result.coverage).toMatchObject({ known, answered: 1, unreachable: known - 1 })

  const explained = await victim.json<unknown>(['peers', 'explain', fingerprint])
  expect(JSON.stringify(explained)).toContain(node_id)
  const denied = await victim.karo(['peers', 'deny', 'ash'])
  expect([denied.code, denied.stderr]).toEqual([0, ''])
  expect((await peersOf()).find((one) => one.node_id === node_id)).toMatchObject({ state: 'denied' })
})
