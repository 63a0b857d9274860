// What the documents room is built from, and what every part of it may use.

import type { NodeId } from '../../../protocols/node-id.ts'
import type { Ambient } from '../../base/run/ambient.ts'
import type { Mesh } from '../../mesh/index.ts'
import type { DocumentRepository } from '../../store/tables/documents.ts'
import type { Audit } from '../../trust/audit/index.ts'
import type { Identity } from '../../trust/identity/index.ts'
import type { Trust } from '../../trust/peers/index.ts'
import type { Bounds } from './bounds.ts'
import type { Carrier } from './carrier.ts'
import type { Catalog } from './catalog.ts'
import type { MembersView } from './members.ts'
import type { DocumentPorts } from './types.ts'
import type { Witness } from './witness.ts'

export interface DocumentsDeps extends Ambient {
  readonly identity: Pick<Identity, 'nodeId' | 'agree' | 'former'>
  readonly trust: Pick<Trust, 'members' | 'member' | 'admits' | 'refuses' | 'keysOf'>
  readonly mesh: Pick<Mesh, 'link' | 'topic' | 'reach'>
  readonly repository: DocumentRepository
  readonly audit: Pick<Audit, 'record'>
  /** Rooms whose kinds come from authors that are no members. */
  readonly ports: DocumentPorts
  /** Other bounds, for tests. */
  readonly bounds?: Bounds
}

export interface DocumentsParts extends DocumentsDeps {
  readonly self: NodeId
  readonly catalog: Catalog
  readonly members: MembersView
  readonly carrier: Carrier
  readonly witness: Witness
}
