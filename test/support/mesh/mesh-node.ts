// One real mesh node on 127.0.0.1 with a trust in memory, for tests of two or more of them in one process.
import type { NodeId } from '../../../protocols/node-id.ts'
import { systemRandom } from '../../../src/base/clock.ts'
import { silentLog } from '../../../src/base/run/log.ts'
import type { Config } from '../../../src/config/index.ts'
import { createMesh, type Mesh, type MeshDeps } from '../../../src/mesh/index.ts'
import type { ReplayMark } from '../../../src/store/tables/replay.ts'
import type { AuditRecord } from '../../../src/trust/audit/index.ts'
import type { Identity } from '../../../src/trust/identity/index.ts'
import { pacedClock, pacedTimers } from '../run/paced-time.ts'
import { PATIENCE_MS } from '../run/until.ts'
import { createFakeTrust, type FakeTrust } from './fake-trust.ts'
import { testIdentity } from './identity.ts'
import { NO_CREDENTIALS } from './no-credentials.ts'
import { SHARING } from './policy.ts'

export interface MeshNode {
  readonly id: NodeId
  readonly identity: Identity
  readonly mesh: Mesh
  readonly trust: FakeTrust
  readonly audited: AuditRecord[]
  readonly replayMarks: ReplayMark[]
  /** `127.0.0.1` and the port, once started. */
  address(): { host: string; port: number }
}

export interface MeshNodeInit
  extends Partial<Omit<MeshDeps, 'config' | 'identity' | 'trust' | 'audit' | 'replay'>> {
  readonly identity?: Identity
  readonly trust?: FakeTrust
  readonly mesh?: Partial<Config['mesh']>
  readonly transport?: Partial<Config['transport']>
  readonly discovery?: Partial<Config['discovery']>
  readonly overlay?: Partial<Config['overlay']>
  readonly replayMarks?: ReplayMark[]
}

/**
 * In the place of seconds for dialing and for opening connections and streams: libp2p goes by the machine's clock, and both ends share
 * a thread here, with all of the test. A stranger's stay goes by the node's own clock, which is paced as a rule; a minute of that is
 * time enough for all that a test has a stranger do.
 */
export const AMPLE = {
  negotiateMs: PATIENCE_MS,
  handshakeMs: PATIENCE_MS,
  dialMs: PATIENCE_MS,
  lobbyMs: 60_000,
}

/** Not started: links are registered before. */
export function meshNode(init: MeshNodeInit = {}): MeshNode {
  const identity = init.identity ?? testIdentity()
  const trust = init.trust ?? createFakeTrust()
  const audited: AuditRecord[] = []
  const replayMarks = init.replayMarks ?? []
  const mesh = createMesh({
    clock: pacedClock,
    timers: pacedTimers,
    random: systemRandom,
    log: silentLog,
    name: `node-${identity.fingerprint}`,
    version: '0.1.0',
    credentials: NO_CREDENTIALS,
    ...init,
    timings: { ...AMPLE, ...init.timings },
    config: {
      mesh: {
        port: 0,
        listen: ['127.0.0.1'],
        lan_only: true,
        allow_cgnat: false,
        ping_seconds: 15,
        ...init.mesh,
      },
      transport: { security: ['noise'], ...init.transport },
      overlay: {
        full_mesh_up_to: 32,
        asker_links_up_to: 256,
        leaves_up_to: 256,
        tell_links: true,
        ...init.overlay,
      },
      discovery: {
        mdns: false,
        mdns_interval_seconds: 60,
        peers: [],
        dht: false,
        resolvers: [],
        dns_sd: [],
        scan: [],
        ...init.discovery,
      },
      sharing: SHARING,
    },
    identity,
    trust,
    audit: {
      record: (entry) => {
        audited.push(entry)
        return Promise.resolve()
      },
    },
    replay: {
      put: (marks) => {
        replayMarks.push(...marks)
        return Promise.resolve()
      },
      load: (now) => Promise.resolve(replayMarks.filter((mark) => mark.expires_at > now)),
      prune: () => Promise.resolve(),
    },
  })
  return {
    id: identity.nodeId,
    identity,
    mesh,
    trust,
    audited,
    replayMarks,
    address() {
      const port = Number(/\/tcp\/(\d+)$/.exec(mesh.status().listen[0] ?? '')?.[1])
      return { host: '127.0.0.1', port }
    },
  }
}
