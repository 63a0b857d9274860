// The dependencies with which the room of certificates is built, and what its parts have in common.
import type { NodeId } from '../../../protocols/node-id.ts'
import type { Ambient } from '../../base/run/ambient.ts'
import type { FleetRepository } from '../../store/tables/fleet.ts'
import type { Audit } from '../audit/index.ts'
import type { Identity } from '../identity/index.ts'
import type { LineageView } from '../lineage/index.ts'
import type { Roll } from './roll.ts'

export interface FleetOptions extends Pick<Ambient, 'clock' | 'random' | 'log'> {
  readonly identity: Pick<Identity, 'nodeId' | 'publicKey' | 'sign'>
  readonly repository: FleetRepository
  /** A node that rotates its key has certificates for both keys for a while, and is one member. */
  readonly lineage: LineageView
  readonly audit: Pick<Audit, 'record'>
  /** An invite that was put in place for this machine; read at the start, at each look, and when `watch` calls, until this node is let in. */
  readonly enrolment: () => { code: string; root?: Uint8Array; places: readonly string[] } | undefined
  /** Calls `changed` when that may be another one, until what it gives back is called. */
  readonly watch: (changed: () => void) => () => void
  /** Whether people here know another node than `except` by that name. */
  readonly isNameKnown: (name: string, except: NodeId) => boolean
  /** Called by a start in no mesh, before documents are loaded: those of a mesh go, because none is taken anew while it is kept. */
  readonly outOfMesh: () => Promise<void>
  /** How long certificates of nodes hold, ms. Default and most: 30 days. */
  readonly lifeMs?: number | undefined
}

/** What every part of the room may use. */
export interface FleetParts extends FleetOptions {
  readonly roll: Roll
  readonly lifeMs: number
}
