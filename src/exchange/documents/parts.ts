// What every part of the documents room may use.
import type { NodeId } from '../../../protocols/node-id.ts'
import type { Carrier } from './carrier.ts'
import type { Catalog } from './catalog.ts'
import type { DocumentsDeps } from './deps.ts'
import type { MembersView } from './members.ts'
import type { Witness } from './witness.ts'

export interface DocumentsParts extends DocumentsDeps {
  readonly self: NodeId
  readonly catalog: Catalog
  readonly members: MembersView
  readonly carrier: Carrier
  readonly witness: Witness
}
