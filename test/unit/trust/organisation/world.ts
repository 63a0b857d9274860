// The room of an organisation's bundles over a real policy, and bundles as the root of the mesh signs them.
import { PolicyBundle, type PolicyBundleBody } from '../../../../protocols/messages/policy.ts'
import { systemRandom } from '../../../../src/base/clock.ts'
import { silentLog } from '../../../../src/base/run/log.ts'
import { settingsOf } from '../../../../src/config/index.ts'
import type { AuditRecord } from '../../../../src/trust/audit/index.ts'
import { meshOf } from '../../../../src/trust/certificates/index.ts'
import { signStatement } from '../../../../src/trust/identity/index.ts'
import { createOrganisation } from '../../../../src/trust/organisation/index.ts'
import type { PolicySet } from '../../../../src/trust/policy/index.ts'
import { compilePolicies } from '../../../../src/trust/policy/load.ts'
import { testIdentity } from '../../../support/mesh/identity.ts'
import { policyOf } from '../../../support/mesh/policy.ts'
import { FRIDAY, principal } from '../policy/requests.ts'

export const root = testIdentity(9_001)
const mesh = meshOf(root.publicKey)

type Terms = Partial<PolicyBundleBody> & { readonly text?: string }

/** `text`: its policies. */
export function bundle(number: number, { text = '', ...terms }: Terms = {}, by = root): Uint8Array {
  const policies = Buffer.from(text)
  const body = { version: FRIDAY + number, number, mesh, aggregators: [], policies, ...terms }
  return signStatement(PolicyBundle, body, by, body.version, systemRandom)
}

/** `own`: the owner's policies, the role table otherwise; `trusted`: whether the node knows the root. */
export function organisationRoom({
  trusted = true,
  accept = 'restrict' as 'restrict' | 'full',
  own = undefined as PolicySet | undefined,
} = {}) {
  const time = { now: FRIDAY }
  const clock = { now: () => time.now, monotonic: () => time.now }
  const policy = policyOf({ teams: () => ['eng'], accept: () => accept, now: clock.now }, own)
  const audited: AuditRecord[] = []
  const said: Uint8Array[] = []
  let changes = 0
  const organisation = createOrganisation({
    root: () => (trusted ? { key: root.publicKey, mesh } : undefined),
    policy,
    compile: compilePolicies,
    settingsOf,
    log: silentLog,
    clock,
    changed: () => void changes++,
    audit: { record: async (entry) => void audited.push(entry) },
  })
  organisation.onDocument(async (frame) => void said.push(frame))
  const asks = (level: 1 | 2, roles: readonly string[] = [], teams: readonly string[] = []) =>
    policy.judge(
      principal({ roles, teams }),
      'query.tool_usage',
      { level, category: 'tool_usage' },
      { at: time.now, range: { start: time.now - 3_600_000, end: time.now } },
    )
  return { organisation, time, audited, said, asks, changes: () => changes }
}
