// Gates, approvals and capabilities over tables in memory, with a clock that the test turns.
import { createApprovals } from '../../../src/agents/approvals/approvals.ts'
import type { Approval, Approver, EndedApproval } from '../../../src/agents/approvals/types.ts'
import { createCapabilities } from '../../../src/agents/capabilities/capabilities.ts'
import { createGates, type GatesDeps } from '../../../src/agents/gates/gates.ts'
import type { Action, Verdict } from '../../../src/agents/types.ts'
import { machineOf } from '../../../src/assist/guard/index.ts'
import { systemRandom as random } from '../../../src/base/clock.ts'
import { silentLog } from '../../../src/base/run/log.ts'
import type { ApprovalRepository } from '../../../src/store/approvals/approvals.ts'
import type {
  CapabilityRepository,
  CapabilityRow,
  RevokedRow,
} from '../../../src/store/tables/capabilities.ts'
import type { AuditRecord } from '../../../src/trust/audit/index.ts'
import type { Identity } from '../../../src/trust/identity/index.ts'
import { testIdentity } from '../../support/mesh/identity.ts'
import { settled, VirtualTime } from '../../support/run/virtual-time.ts'

export const SELF = testIdentity(1)
export const OTHER = testIdentity(2)
export const PERSON = 1000
/** Sessions of another terminal of the same person, and of the one in which the tool runs. */
const OWN = '88:1'
export const TOOLS = '77:1'

/** A command of an AI tool that works for the person. */
export const action = (over: Partial<Action> = {}): Action => ({
  id: 'a1',
  task: 'session:77',
  agent: 'kBridge:claude',
  tool: 'exec',
  readOnly: false,
  argv: ['bash', '-c', 'make deploy'],
  cwd: '/srv/shop',
  env: {},
  binds: [],
  input: '',
  target: SELF.nodeId,
  requester: { node: SELF.nodeId, person: String(PERSON), agent: 'kBridge:claude', sessions: [TOOLS] },
  why: 'because',
  traceId: 'a'.repeat(32),
  ...over,
})

export const approver = (over: Partial<Approver> = {}): Approver => ({
  person: PERSON,
  account: PERSON,
  admin: true,
  way: 'terminal',
  sessions: [OWN, '1:1'],
  ...over,
})

/** What a kill leaves: the rows that were written, and nothing of the memory. */
export interface Tables {
  readonly open: Map<string, Approval>
  readonly ended: EndedApproval[]
  readonly held: Map<string, CapabilityRow>
  readonly revoked: Map<string, RevokedRow>
}
const noTables = (): Tables => ({ open: new Map(), ended: [], held: new Map(), revoked: new Map() })

/** `fails` breaks the next write of approvals. */
export async function rig({
  tables = noTables(),
  now = 1_800_000_000_000,
  identity = SELF,
  ...over
}: { tables?: Tables; now?: number; identity?: Identity } & Partial<GatesDeps> = {}) {
  const clock = { now: () => time.now, monotonic: () => time.now }
  const timers = new VirtualTime()
  const time = {
    now,
    /** Also lets everything that is due happen. */
    async pass(ms: number) {
      time.now += ms
      timers.advance(ms)
      await settled()
    },
    fails: false,
  }
  const ledger: AuditRecord[] = []
  const audit = { record: async (entry: AuditRecord) => void ledger.push(entry) }
  const write = (): void => {
    if (time.fails) throw new Error('the disk is full')
  }
  const repository: ApprovalRepository<Approval, EndedApproval> = {
    open: async () => [...tables.open.values()],
    async put(row) {
      write()
      tables.open.set(row.id, row)
    },
    async end(id, ended) {
      write()
      tables.open.delete(id)
      tables.ended.unshift(ended)
    },
    log: async () => [...tables.ended],
    trim: async (most) => void tables.ended.splice(most),
    async clear(person) {
      for (const [id, row] of tables.open) if (row.person === person) tables.open.delete(id)
      tables.ended.splice(0, tables.ended.length, ...tables.ended.filter((one) => one.person !== person))
    },
  }
  const kept: CapabilityRepository = {
    load: async () => ({ held: [...tables.held.values()], revoked: [...tables.revoked.values()] }),
    put: async (row) => void tables.held.set(row.id, row),
    async end({ remove, revoked }) {
      for (const id of remove) tables.held.delete(id)
      for (const one of revoked) tables.revoked.set(one.id, one)
    },
    async forget(ids) {
      for (const id of ids) tables.revoked.delete(id)
    },
  }
  const approvals = createApprovals({
    repository,
    audit,
    clock,
    timers,
    random,
    log: silentLog,
    nameOf: async () => 'ann',
  })
  const capabilities = createCapabilities({ identity, repository: kept, audit, clock, random })
  const gates = createGates({
    self: SELF.nodeId,
    approvals,
    capabilities,
    audit,
    home: '/home/ann',
    karoHome: '/home/ann/karo',
    policy: ({ own }) => ({ effect: own ? 'allow' : 'deny', rule: 'agent.own', reason: 'x' }),
    patterns: () => [],
    endpoints: [],
    connect: [],
    looking: (work) => work(() => true),
    machine: ({ cwd }, _, runs) => machineOf({ cwd, home: '/home/ann', runs }, {}, { files: [] }),
    onDenied: () => {},
    log: silentLog,
    ...over,
  })
  const { signal } = new AbortController()
  await capabilities.start(signal)
  await approvals.start(signal)
  return { gates, approvals, capabilities, ledger, tables, time, signal }
}
export type Rig = Awaited<ReturnType<typeof rig>>

/** The id of the request that waits. */
export function approvalOf(verdict: Verdict): string {
  if (verdict.outcome !== 'wait') throw new Error(`not waiting: ${JSON.stringify(verdict)}`)
  return verdict.approval
}
/** Asks, and returns the id of the request that waits. */
export const waiting = async ({ gates }: Rig, what: Action = action()): Promise<string> =>
  approvalOf(await gates.judge(what))

/** What a person sees of it. */
export const cardOf = ({ approvals }: Rig, id: string) => approvals.find(approver(), id)

/** A yes to what is shown, by the person unless it is said by whom. */
export const yes = (
  { approvals }: Rig,
  id: string,
  over: { scope?: 'once' | 'task'; hash?: string } = {},
  by = approver(),
) =>
  approvals.decide(by, id, {
    approve: true,
    scope: 'once',
    reason: '',
    hash: approvals.find(approver(), id).hash,
    ...over,
  })
