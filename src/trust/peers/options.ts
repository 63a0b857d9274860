// What the trust room is built from.
import type { Ambient } from '../../base/run/ambient.ts'
import type { Config } from '../../config/index.ts'
import type { MemberRepository } from '../../store/tables/members.ts'
import type { Audit } from '../audit/index.ts'
import type { Certificates } from '../certificates/index.ts'
import type { Identity } from '../identity/index.ts'
import type { Lineage } from '../lineage/index.ts'

export interface TrustOptions extends Pick<Ambient, 'clock' | 'log'> {
  readonly config: Pick<Config, 'peers'> & Partial<Pick<Config, 'trust'>>
  readonly repository: MemberRepository
  readonly identity: Pick<Identity, 'nodeId'> & Partial<Pick<Identity, 'former' | 'pending'>>
  readonly audit: Pick<Audit, 'record'>
  /** Absent: nobody is certified. */
  readonly certificates?: Certificates
  /** Absent: no key was ever rotated. */
  readonly lineage?: Lineage
}
