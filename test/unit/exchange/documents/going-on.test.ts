// Kinds that a room judges, over the real documents rooms: what takes something back, what was lost, and the start.
import { expect, test } from 'vitest'
import type { NodeId } from '../../../../protocols/node-id.ts'
import { systemRandom } from '../../../../src/base/clock.ts'
import type { DocumentPorts } from '../../../../src/exchange/documents/types.ts'
import { signCertificate, signRevocationList } from '../../../../src/trust/certificates/sign.ts'
import { testIdentity } from '../../../support/mesh/identity.ts'
import { HOUR, MINUTE, Network, type Node } from './network.ts'

const mesh = new Uint8Array(32)
const keys = [1, 2].map((number) => testIdentity(30_000 + number).publicKey) as [Uint8Array, Uint8Array]

const list = (by: Node, number: number, version: number, revoked: readonly Uint8Array[]): Uint8Array =>
  signRevocationList(
    by.identity,
    { number, version, mesh, revoked: revoked.map((key) => ({ key, at: version })) },
    systemRandom,
  )
const certificate = (by: Node, key: Uint8Array, now: number): Uint8Array => {
  const terms = { usage: 'node' as const, key, name: 'x', roles: [], teams: [], version: now }
  return signCertificate(by.identity, mesh, { ...terms, notBefore: now, notAfter: now + HOUR }, systemRandom)
}

/** Nodes whose room hears what comes; `first` names the author that is first there. */
async function nodesOf(
  count: number,
  first: (nodes: readonly Node[]) => NodeId | undefined = () => undefined,
) {
  const network = new Network({ loss: 1 })
  const heard = new Map<Node, Uint8Array[]>()
  for (let at = 0; at < count; at++) {
    const frames: Uint8Array[] = []
    const port = {
      wanted: () => true,
      accept: (frame: Uint8Array) => void frames.push(frame),
      isFirst: (author: NodeId) => author === first(network.nodes),
    }
    const ports: DocumentPorts = { certificate: port, revocation_list: port }
    const [node] = network.add(1, { ports })
    heard.set(node as Node, frames)
  }
  for (const node of network.nodes) await node.start()
  return { network, nodes: network.nodes as unknown as readonly [Node, Node, Node], heard }
}

test('a list that takes a key back does not replace the one that has it, and the room hears of it', async () => {
  const { network, nodes, heard } = await nodesOf(2)
  const [issuer, member] = nodes
  const fuller = list(issuer, 4, network.now, keys)
  const less = list(issuer, 5, network.now + 1, [keys[0]])
  await issuer.room.publish('revocation_list', fuller)
  network.connect(issuer, member)
  await network.pass(MINUTE)
  await issuer.room.publish('revocation_list', less)
  await network.pass(10 * MINUTE)
  const [kept] = await member.room.of(issuer.id, 'revocation_list')
  expect(kept?.bytes).toEqual(fuller)
  expect(heard.get(member)).toEqual([fuller, less])
  expect(member.audits.map(({ type, peer }) => [type, peer])).toEqual([['ledger_conflict', issuer.id]])
})

test('an author that began another list is shown the one it lost', async () => {
  const { network, nodes, heard } = await nodesOf(2)
  const [issuer, member] = nodes
  const lost = list(issuer, 4, network.now, keys)
  await issuer.room.publish('revocation_list', lost)
  network.connect(issuer, member)
  await network.pass(MINUTE)
  await issuer.stop()
  issuer.repository.kept.clear()
  await issuer.start()
  await issuer.room.publish('revocation_list', list(issuer, 0, network.now, []))
  network.connect(issuer, member)
  await network.pass(2 * MINUTE)
  expect(heard.get(issuer)).toEqual([lost])
  const whole = list(issuer, 5, network.now, keys)
  await issuer.room.publish('revocation_list', whole)
  await network.pass(10 * MINUTE)
  expect((await member.room.of(issuer.id, 'revocation_list'))[0]?.bytes).toEqual(whole)
})

test('an own edition that a wrong clock signed gives way to one of today', async () => {
  const { network, nodes } = await nodesOf(1)
  const [issuer] = nodes
  await issuer.room.publish('revocation_list', list(issuer, 4, network.now, keys))
  for (const [name, { row, frame }] of issuer.repository.kept) {
    issuer.repository.kept.set(name, { row: { ...row, version: network.now + 1_000 * HOUR }, frame })
  }
  await issuer.restart()
  const today = list(issuer, 5, network.now, keys)
  await issuer.room.publish('revocation_list', today)
  expect((await issuer.room.of(issuer.id, 'revocation_list'))[0]?.bytes).toEqual(today)
})

test('at the start the room hears first whom others are judged by, and lists last', async () => {
  const { network, nodes, heard } = await nodesOf(3, ([, second]) => second?.id)
  const [member, root, issuer] = nodes
  const frames = {
    list: list(issuer, 0, network.now, keys),
    leaf: certificate(issuer, keys[0], network.now),
    issuer: certificate(root, issuer.identity.publicKey, network.now),
  }
  await member.room.publish('revocation_list', frames.list)
  await member.room.publish('certificate', frames.leaf)
  await member.room.publish('certificate', frames.issuer)
  await member.stop()
  heard.get(member)?.splice(0)
  await member.start()
  expect(heard.get(member)).toEqual([frames.issuer, frames.leaf, frames.list])
})

test('documents of an author that is denied here are given on where a room judges them', async () => {
  const { network, nodes } = await nodesOf(3)
  const [issuer, member, reader] = nodes
  const said = list(issuer, 0, network.now, keys)
  await issuer.room.publish('revocation_list', said)
  await member.room.publish('revocation_list', said)
  member.refused.add(issuer.id)
  await issuer.stop()
  network.connect(member, reader)
  await network.pass(2 * MINUTE)
  expect((await reader.room.of(issuer.id, 'revocation_list'))[0]?.bytes).toEqual(said)
})

test('what may end the links here goes out before the room hears of it, and waits for nobody for long', async () => {
  const { network, nodes, heard } = await nodesOf(3)
  const [here, near, deaf] = nodes
  const root = testIdentity(30_009)
  const frame = signRevocationList(root, { number: 0, version: network.now, mesh, revoked: [] }, systemRandom)
  network.connect(here, near)
  const publishing = here.room.publish('revocation_list', frame, 3_000)
  let isDone = false
  void publishing.then(() => {
    isDone = true
  })
  await network.pass(50)
  expect([heard.get(here), isDone]).toEqual([[], false])
  await network.pass(3_100)
  await publishing
  expect(heard.get(near)).toEqual([frame])
  expect(heard.get(here)).toEqual([frame])
  // A neighbour that never fetches it keeps it from counting for so long and no longer.
  deaf.handler = { frame() {} }
  network.connect(here, deaf)
  const next = signRevocationList(root, { number: 1, version: network.now, mesh, revoked: [] }, systemRandom)
  const second = here.room.publish('revocation_list', next, 3_000)
  await network.pass(2_900)
  expect(heard.get(here)).toEqual([frame])
  await network.pass(200)
  await second
  expect(heard.get(here)).toEqual([frame, next])
})
