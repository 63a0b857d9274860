// A crowd of fresh identities, each from an address of its own, at a real daemon that has a member; and what must hold.
import { ok } from 'node:assert/strict'
import { Hello } from '../../../protocols/messages/hello.ts'
import { hello } from '../../../protocols/registry.ts'
import type { QueryResult } from '../../../src/api/contract/shapes.ts'
import { PENDING_MAX } from '../../../src/trust/peers/seen.ts'
import { residentBytes } from '../../hostile/measure.ts'
import type { TestNode } from '../node/node.ts'
import { type HeapUse, heapOf } from '../run/heap.ts'
import { addressOf, keepAsking, undisturbed } from './honest.ts'
import { type RawPeer, rawHello, rawPeer } from './raw-peer.ts'

/** Strangers that are there at the same time, several times the places of the lobby. */
const AT_ONCE = 25
/** The heap is first measured after so many, when all that is kept of strangers is full. */
const WARM = 100

interface CrowdInit {
  /** Linked to `honest`, who may have its level 1; started with an inspector. */
  readonly victim: TestNode
  readonly honest: TestNode
  readonly identities: number
}

interface CrowdReport {
  /** Identities whose Hello went out, and those that were turned away before. */
  readonly heard: number
  readonly refused: number
  /** What the honest neighbour asked in the meantime. */
  readonly queries: number
  readonly warm: HeapUse
  readonly end: HeapUse
  readonly rssBytes: number
}

/** Throws AssertionError when more is kept of them than is allowed, or the member was not answered. */
export async function crowd({ victim, honest, identities }: CrowdInit): Promise<CrowdReport> {
  const address = await addressOf(victim)
  const before = (await victim.status()).mesh
  const asking = keepAsking(honest)
  const done = { heard: 0, refused: 0 }
  let warm: HeapUse | undefined
  for (let begun = 0; begun < identities; begun += AT_ONCE) {
    const peers = await Promise.all(
      // All of 127.0.0.0/8 is this machine.
      Array.from({ length: Math.min(AT_ONCE, identities - begun) }, (_, at) =>
        rawPeer(undefined, {}, `127.1.${(begun + at) >> 7}.${1 + ((begun + at) & 127)}`),
      ),
    )
    const came = await Promise.all(peers.map((peer) => introduces(peer, address)))
    for (const one of came) done[one ? 'heard' : 'refused']++
    await Promise.all(peers.map((peer) => peer.stop()))
    if (warm === undefined && begun + AT_ONCE >= WARM) warm = await heapOf(victim.log())
  }
  const end = await heapOf(victim.log())
  const { health, mesh } = await victim.status()
  ok(health.ready)
  ok(mesh.peers_pending <= PENDING_MAX, `${mesh.peers_pending} wait for a person`)
  ok(mesh.members_known === before.members_known, 'a stranger is taken for a member')
  ok(mesh.peers_trusted === before.peers_trusted, 'a member was lost')
  const asked = await asking.end()
  undisturbed(asked, 1)
  undisturbed([await honest.json<QueryResult>(['query', 'tools', '--require-complete'])], 1)
  ok(warm !== undefined, 'too few identities to tell how the heap grows')
  return { ...done, queries: asked.length, warm, end, rssBytes: residentBytes(victim.pid) }
}

/** False: it was turned away before it could say who it is. */
async function introduces(peer: RawPeer, address: { host: string; port: number }): Promise<boolean> {
  try {
    const control = await peer.open(await peer.dial(address), hello.id)
    control.send(control.frame(Hello, rawHello({ name: peer.id.slice(-16) })))
    return true
  } catch {
    return false
  }
}
