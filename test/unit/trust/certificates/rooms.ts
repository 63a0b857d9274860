// Rooms of certificates that talk without a network: what one shows the other hears, and documents go to whom the test says.

import type { NodeId } from '../../../../protocols/node-id.ts'
import { DAY_MS } from '../../../../src/base/calendar.ts'
import { systemRandom } from '../../../../src/base/clock.ts'
import { silentLog } from '../../../../src/base/run/log.ts'
import { createFleetRepository, type FleetRepository } from '../../../../src/store/tables/fleet.ts'
import type { AuditRecord } from '../../../../src/trust/audit/index.ts'
import { createFleet, type Fleet, type FleetKind } from '../../../../src/trust/certificates/index.ts'
import type { Identity } from '../../../../src/trust/identity/index.ts'
import { createLineage } from '../../../../src/trust/lineage/index.ts'
import { temporaryDatabase } from '../../../support/data/database.ts'
import { testIdentity } from '../../../support/mesh/identity.ts'
import { issuerCertificate, listOf, NOW, root } from './chains.ts'

export interface Room {
  /** By which its key is made. */
  readonly number: number
  readonly identity: Identity
  readonly id: NodeId
  readonly fleet: Fleet
  /** By its own clock, ms since the epoch. */
  readonly now: () => number
  readonly repository: FleetRepository
  /** Documents that it gave to the mesh, oldest first. */
  readonly said: { readonly kind: FleetKind; readonly frame: Uint8Array }[]
  readonly audited: AuditRecord[]
  /** About whom there was something else to say. */
  readonly changes: string[]
}

export const time = { now: NOW }
export const clock = { now: () => time.now, monotonic: () => time.now }

export async function room(
  number: number,
  options: Partial<Parameters<typeof createFleet>[0]> & { readonly identity?: Identity } = {},
): Promise<Room> {
  const { identity = testIdentity(number) } = options
  const repository = options.repository ?? createFleetRepository(await temporaryDatabase())
  const { now } = options.clock ?? clock
  const audited: AuditRecord[] = []
  const fleet = createFleet({
    identity,
    repository,
    clock,
    random: systemRandom,
    log: silentLog,
    audit: { record: async (entry) => void audited.push(entry) },
    enrolment: () => undefined,
    watch: () => () => {},
    isNameKnown: () => false,
    outOfMesh: async () => {},
    lineage: createLineage(now),
    ...options,
  })
  const said: { kind: FleetKind; frame: Uint8Array }[] = []
  const changes: string[] = []
  fleet.onDocument((kind, frame) => void said.push({ kind, frame }))
  fleet.onChange((node) => changes.push(node))
  await fleet.start()
  return { number, identity, id: identity.nodeId, fleet, now, repository, said, audited, changes }
}

type Options = Parameters<typeof room>[1]

/** The same machine after a restart: what it had in memory is gone, what is on its disk stays. */
export const restarted = ({ number, repository }: Room, options: Options = {}): Promise<Room> =>
  room(number, { repository, ...options })

/** Makes it an issuer of the root's mesh. */
export async function found(
  { identity, fleet, now }: Pick<Room, 'identity' | 'fleet' | 'now'>,
  { grants = [], days = 365 }: { grants?: readonly string[]; days?: number } = {},
): Promise<void> {
  const life = { version: now(), notBefore: now(), notAfter: now() + days * DAY_MS }
  await fleet.found(
    root.publicKey,
    issuerCertificate({ key: identity.publicKey, name: 'hq', grants, ...life }),
  )
}

/** Two issuers of the root's mesh, and two machines that are in none. Time begins anew. */
export async function four(): Promise<{ hq: Room; second: Room; ann: Room; bob: Room }> {
  time.now = NOW
  const rooms = await Promise.all([8_001, 8_002, 8_003, 8_004].map((number) => room(number)))
  const [hq, second, ann, bob] = rooms as [Room, Room, Room, Room]
  await found(hq)
  await found(second)
  return { hq, second, ann, bob }
}

/** A list that is signed now, of keys that were revoked now. */
export const listed: typeof listOf = (by, keys, terms) =>
  listOf(by, keys, { version: time.now, at: time.now, ...terms })

type Shown = Parameters<Fleet['heard']>[1]

/** It hears what `from` shows, and has decided about an invite that this proves; true if it proves one. */
export async function hears({ fleet }: Room, from: Room, shown: Shown): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const end = fleet.onSettled(() => resolve())
  const isProof = fleet.heard(from.id, shown)
  if (isProof) await promise
  end()
  return isProof
}

/** What the two say to each other when they meet, as the mesh lets them; true when each is certified to the other. */
export async function meet(a: Room, b: Room, name = 'newcomer'): Promise<boolean> {
  const [fromA, fromB] = [a.fleet.shown(b.id), b.fleet.shown(a.id)]
  await hears(a, b, { ...fromB, name })
  await hears(b, a, { ...fromA, name })
  a.fleet.answered(b.id, b.fleet.answer(a.id))
  b.fleet.answered(a.id, a.fleet.answer(b.id))
  return a.fleet.word(b.id) !== undefined && b.fleet.word(a.id) !== undefined
}

/** The one comes to the issuer with an invite of it; true when each is certified to the other. */
export async function joins(
  issuer: Room,
  one: Room,
  terms: InviteTerms = {},
  name?: string,
): Promise<boolean> {
  await one.fleet.join(await invited(issuer, terms), { places: [] })
  return meet(issuer, one, name)
}

/** Gives everything that `from` said to `to`. */
export function pass(from: Room, to: Room): void {
  for (const { kind, frame } of from.said) {
    if (to.fleet.documents[kind].wanted(from.id) || kind === 'certificate')
      to.fleet.documents[kind].accept(frame, true)
  }
}

type InviteTerms = Partial<Parameters<Fleet['invite']>[0]>

export const invited = async (issuer: Pick<Room, 'fleet'>, terms: InviteTerms = {}): Promise<string> =>
  (
    await issuer.fleet.invite({
      uses: 1,
      for_ms: DAY_MS,
      roles: [],
      teams: [],
      made_by: 'ann',
      places: [],
      ...terms,
    })
  ).code
