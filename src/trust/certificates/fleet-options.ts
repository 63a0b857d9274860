// The dependencies with which the room of certificates is built.
import type { NodeId } from '../../../protocols/node-id.ts'
import type { Clock, Random } from '../../base/clock.ts'
import type { Log } from '../../base/run/log.ts'
import type { FleetRepository } from '../../store/tables/fleet.ts'
import type { Audit } from '../audit/index.ts'
import type { Identity } from '../identity/index.ts'
import type { LineageView } from '../lineage/index.ts'

export interface FleetOptions {
  readonly identity: Pick<Identity, 'nodeId' | 'publicKey' | 'sign'>
  readonly repository: FleetRepository
  /** Absent: no key was ever rotated. */
  readonly lineage?: LineageView
  readonly audit: Pick<Audit, 'record'>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** An invite that was put in place before the first start; read once, when this node belongs to no mesh. */
  readonly enrolment?: () => { code: string; root?: Uint8Array; places: readonly string[] } | undefined
  /** Whether people here know another node than `except` by that name. Default: they know none. */
  readonly isNameKnown?: (name: string, except: NodeId) => boolean
  /** How long certificates of nodes hold, ms. Default and most: 30 days. */
  readonly lifeMs?: number | undefined
}
