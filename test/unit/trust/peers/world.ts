// A trust room of a test: nobody told it anything but the test, and it starts again on the same disk and clock.

import { onTestFinished } from 'vitest'
import type { NodeId } from '../../../../protocols/node-id.ts'
import { silentLog } from '../../../../src/base/run/log.ts'
import type { Config, TrustedPeer } from '../../../../src/config/index.ts'
import { createMemberRepository, type MemberRepository } from '../../../../src/store/tables/members.ts'
import type { AuditRecord } from '../../../../src/trust/audit/index.ts'
import type { Binding, Certificates } from '../../../../src/trust/certificates/index.ts'
import { createLineage } from '../../../../src/trust/lineage/index.ts'
import { createTrust, type Trust } from '../../../../src/trust/peers/index.ts'
import { temporaryDatabase } from '../../../support/data/database.ts'
import { testIdentity } from '../../../support/mesh/identity.ts'
import { NO_CERTIFICATES } from '../../../support/mesh/no-certificates.ts'

export const START = 1_763_626_500_000
export const SELF = testIdentity(0)

/** What the file says: a node alone is trusted as a peer. */
export interface FilePeers {
  readonly trusted?: readonly (NodeId | readonly [NodeId, Partial<TrustedPeer>])[]
  readonly denied?: readonly NodeId[]
}

export const peersOf = ({ trusted = [], denied = [] }: FilePeers): Config['peers'] => ({
  denied,
  trusted: new Map(
    trusted.map((one) => {
      const [node, terms] = typeof one === 'string' ? [one, {}] : one
      return [node, { level: 'peer', roles: [], teams: [], ...terms }]
    }),
  ),
})

type Options = Partial<Parameters<typeof createTrust>[0]> & {
  readonly file?: FilePeers
  /** What the room's clock says, unless it has one of its own. */
  readonly moment?: { time: number }
}

export interface TrustWorld {
  readonly trust: Trust
  readonly clock: { time: number }
  readonly repository: MemberRepository
  readonly audited: AuditRecord[]
  /** What the file says from the next reload on. */
  readonly config: { peers: Config['peers'] }
  /** The same disk and clock, a new process. */
  restart(file?: FilePeers): Promise<TrustWorld>
}

export async function trustRoom(options: Options = {}): Promise<TrustWorld> {
  const { file = {}, moment = { time: START }, ...given } = options
  const clock = given.clock ?? { now: () => moment.time, monotonic: () => moment.time }
  const audited: AuditRecord[] = []
  const repository = given.repository ?? createMemberRepository(await temporaryDatabase())
  const config = { peers: peersOf(file), trust: { domains: new Map() } }
  const trust = createTrust({
    config,
    repository,
    identity: SELF,
    audit: { record: async (entry) => void audited.push(entry) },
    clock,
    log: silentLog,
    certificates: NO_CERTIFICATES,
    lineage: createLineage(clock.now),
    ...given,
  })
  await trust.start()
  onTestFinished(() => trust.stop())
  const restart = async (next = file): Promise<TrustWorld> => {
    await trust.stop()
    return trustRoom({ ...options, file: next, moment, repository })
  }
  return { trust, clock: moment, repository, audited, config, restart }
}

/** Certificates that hold, of these bindings. */
export const certifying = (...held: readonly Binding[]): Certificates => ({
  ...NO_CERTIFICATES,
  certified: () => held,
  word(node) {
    const binding = held.find(({ node_id }) => node_id === node)
    return binding && { binding, stale: false, level: 'peer' }
  },
})

/** What certificates say of a node. */
export const bindingOf = (node: NodeId, over: Partial<Binding> = {}): Binding => ({
  usage: 'node',
  node_id: node,
  key: new Uint8Array(32),
  member_id: '',
  name: 'c',
  roles: [],
  teams: [],
  grants: [],
  issuer: testIdentity(9).nodeId,
  issued_at: 1,
  not_before: 1,
  not_after: 9e12,
  ...over,
})
