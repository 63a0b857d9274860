// Rooms of certificates that talk without a network: what one shows the other hears, and documents go to whom the test says.

import { DAY_MS } from '../../../../src/base/calendar.ts'
import { systemRandom } from '../../../../src/base/clock.ts'
import { silentLog } from '../../../../src/base/run/log.ts'
import { createFleetRepository, type FleetRepository } from '../../../../src/store/tables/fleet.ts'
import type { AuditRecord } from '../../../../src/trust/audit/index.ts'
import {
  createFleet,
  type Fleet,
  type FleetKind,
  meshOf,
  signCertificate,
} from '../../../../src/trust/certificates/index.ts'
import type { Identity } from '../../../../src/trust/identity/index.ts'
import { temporaryDatabase } from '../../../support/data/database.ts'
import { testIdentity } from '../../../support/mesh/identity.ts'
import { NOW, root } from './chains.ts'

export interface Room {
  readonly identity: Identity
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
const clock = { now: () => time.now, monotonic: () => time.now }

export async function room(
  number: number,
  options: Partial<Parameters<typeof createFleet>[0]> = {},
): Promise<Room> {
  const identity = testIdentity(number)
  const repository = options.repository ?? createFleetRepository(await temporaryDatabase())
  const audited: AuditRecord[] = []
  const fleet = createFleet({
    identity,
    repository,
    clock,
    random: systemRandom,
    log: silentLog,
    audit: { record: async (entry) => void audited.push(entry) },
    ...options,
  })
  const said: { kind: FleetKind; frame: Uint8Array }[] = []
  const changes: string[] = []
  fleet.onDocument((kind, frame) => void said.push({ kind, frame }))
  fleet.onChange((node) => changes.push(node))
  await fleet.start(new AbortController().signal)
  return { identity, fleet, now: (options.clock ?? clock).now, repository, said, audited, changes }
}

/** Makes it an issuer of the root's mesh. */
export async function found(
  { identity, fleet, now }: Room,
  { grants = [], days = 365 }: { grants?: readonly string[]; days?: number } = {},
): Promise<void> {
  const terms: Parameters<typeof signCertificate>[2] = {
    usage: 'issuer' as const,
    key: identity.publicKey,
    name: 'hq',
    roles: [],
    teams: [],
    grants,
    version: now(),
    notBefore: now(),
    notAfter: now() + days * DAY_MS,
  }
  await fleet.found(root.publicKey, signCertificate(root, meshOf(root.publicKey), terms, systemRandom))
}

/** What the two say to each other when they meet, as the mesh lets them; true when each is certified to the other. */
export async function meet(a: Room, b: Room, name = 'newcomer'): Promise<boolean> {
  const [fromA, fromB] = [a.fleet.shown(b.identity.nodeId), b.fleet.shown(a.identity.nodeId)]
  for (const [one, other, shown] of [
    [a, b, fromB],
    [b, a, fromA],
  ] as const) {
    const { promise, resolve } = Promise.withResolvers<void>()
    const end = one.fleet.onSettled(() => resolve())
    if (one.fleet.heard(other.identity.nodeId, { ...shown, name })) await promise
    end()
  }
  a.fleet.answered(b.identity.nodeId, b.fleet.answer(a.identity.nodeId))
  b.fleet.answered(a.identity.nodeId, a.fleet.answer(b.identity.nodeId))
  return a.fleet.word(b.identity.nodeId) !== undefined && b.fleet.word(a.identity.nodeId) !== undefined
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
    if (to.fleet.documents[kind].wanted(from.identity.nodeId) || kind === 'certificate')
      to.fleet.documents[kind].accept(frame, true)
  }
}

type InviteTerms = Partial<Parameters<Fleet['invite']>[0]>

export const invited = async (issuer: Room, terms: InviteTerms = {}): Promise<string> =>
  (await issuer.fleet.invite({ uses: 1, for_ms: DAY_MS, roles: [], teams: [], places: [], ...terms })).code
