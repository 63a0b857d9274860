// The four gates in front of every action: policy, capability, risk, approval. Each can only narrow, and an error denies.
import type { NodeId } from '../../../protocols/node-id.ts'
import { quoteShell } from '../../base/quote.ts'
import type { Log } from '../../base/run/log.ts'
import { endpointOf } from '../../base/words/loopback-endpoint.ts'
import type { Audit } from '../../trust/audit/index.ts'
import type { AgentOperation, RoleDecision } from '../../trust/policy/index.ts'
import { hashOf, taskOf } from '../approvals/binding.ts'
import { textsCompared } from '../approvals/changes.ts'
import type { Approval, Approvals, EndedApproval, Findings } from '../approvals/types.ts'
import type { Capabilities } from '../capabilities/capabilities.ts'
import { neededBy, neededToAsk } from '../capabilities/names.ts'
import { isRedder, kindOf } from '../classes.ts'
import type { Action, ActionClass, Denial, Gate, Gates, Pin, Requester, Verdict } from '../types.ts'
import { type CodeDeps, createCode, isForeign, isSameCode, pinnedOf } from './code.ts'
import { type NamedGate, type Narrowed, narrow } from './gate.ts'
import { approvedBy } from './patterns.ts'
import { findRisk, isCommand, ownClass, rule } from './risk.ts'

/** The request to the role policies. */
interface AgentQuestion {
  readonly requester: Requester
  readonly agent: string
  readonly tool: string
  readonly operation: AgentOperation
  /** A person of this machine asks on it. */
  readonly own: boolean
}

export interface GatesDeps extends CodeDeps {
  /** This node, the only one on which anything is let through. */
  readonly self: NodeId
  readonly policy: (question: AgentQuestion) => RoleDecision
  readonly capabilities: Pick<Capabilities, 'covering' | 'spend' | 'pinOf' | 'pin'>
  readonly approvals: Pick<Approvals, 'ask' | 'granted' | 'wait' | 'withdraw' | 'use' | 'noteByPolicy'>
  readonly audit: Pick<Audit, 'record'>
  /** `agents.approved`, as it is now. */
  readonly patterns: () => readonly string[]
  /** `agents.endpoints`: addresses of servers outside of jails. */
  readonly endpoints: readonly string[]
  /** `agents.connect`: places of the network that a jail may reach. */
  readonly connect: readonly string[]
  /** Homes that the risk rules protect; absolute. */
  readonly home: string
  readonly karoHome: string
  /** A sentence for the card where the jail cannot change the file of a call. */
  readonly tryChange?: (action: Action, target: string) => Promise<string | undefined>
  /** Hears of each denial. */
  readonly onDenied: (gate: Gate) => void
  readonly log: Log
}

const OUTSIDE = 'runs outside of jails'

/** As a card says it of a server that Karo did not start. */
const HELD_BY_NOBODY =
  'Its server runs outside of any jail: it can do everything that its user can, even after a cancellation.'

interface Judged {
  readonly narrowed: Narrowed
  readonly findings: Findings
  /** Capabilities that the action uses. */
  readonly by: readonly string[]
  /** By capabilities; else only a person can let it through. */
  readonly isGranted: boolean
  /** The file that a call would change. */
  readonly target: string | undefined
  readonly hash: string
}

/** The same words, approved for their task: the file that they change is another one since they ran. */
function isForTask({ scope, code = [] }: Approval, { findings, target }: Judged): boolean {
  const [before, after] = [code, findings.code].map((all) => all.filter(({ path }) => path !== target))
  return scope === 'task' && isSameCode(before ?? [], after ?? [])
}

/** A command that a person of this machine wants to run: their yes names all of it, so nothing has to be granted before. */
const isOwnCommand = ({ agent, requester, target }: Action): boolean =>
  agent === 'kExecutor:command' && requester.node === target && requester.agent === undefined

interface LocalGates extends Gates {
  /** The files that the action runs as code now, and that a lasting grant is for. Rejects where they cannot be looked at. */
  codeOf(action: Action): Promise<Pin['code']>
}

export function createGates(deps: GatesDeps): LocalGates {
  const { self, policy, capabilities, approvals, audit, patterns, home, karoHome, onDenied, log } = deps

  const files = createCode(deps)

  /** The first three gates. `begun`: about what was let through before. */
  async function look(action: Action, begun = false): Promise<Judged> {
    let by: readonly string[] = []
    let isGranted = true
    const seen = isCommand(action)
      ? await files.look(action, (machine) => findRisk(action, home, karoHome, machine))
      : undefined
    const called = seen ?? (await files.calledOf(action, capabilities.pinOf(action.agent)))
    const { code } = called
    const risk = seen?.risk ?? findRisk(action, home, karoHome)
    const target = 'target' in called ? called.target : undefined
    const outside = endpointOf(action.argv)
    const gates: readonly NamedGate[] = [
      {
        gate: 'policy',
        judge: () => {
          if (action.target !== self) return { outcome: 'deny', reason: 'it is to happen on another machine' }
          if (outside !== undefined && !deps.endpoints.includes(outside.href))
            return { outcome: 'deny', reason: 'agents.endpoints in config.toml does not name its address' }
          if (action.connect?.every((place) => deps.connect.includes(place)) === false)
            return { outcome: 'deny', reason: 'agents.connect in config.toml does not name all its places' }
          const { effect, rule: name, reason } = policy(questionOf(action, self))
          return effect === 'allow'
            ? { outcome: 'pass', least: 'green', reason: name }
            : { outcome: 'deny', reason: `${name}: ${reason}` }
        },
      },
      {
        gate: 'capability',
        judge: () => {
          if (isForeign(action) && action.binds.length === 0)
            return { outcome: 'pass', least: 'low', reason: OUTSIDE }
          const acts = capabilities.covering(action.agent, neededBy(action, begun), { begun })
          const asks = capabilities.covering(action.requester.agent ?? '', neededToAsk(action), { begun })
          by = [...acts.by, ...asks.by]
          const [missing, ...more] = [...acts.missing, ...asks.missing]
          if (missing === undefined)
            return outside === undefined
              ? { outcome: 'pass', least: 'green', reason: '' }
              : { outcome: 'pass', least: 'medium', reason: OUTSIDE }
          if (isOwnCommand(action)) {
            isGranted = false
            return { outcome: 'pass', least: 'high', reason: 'a person says yes to each command' }
          }
          const who = acts.missing.length > 0 ? action.agent : action.requester.agent
          // The kind and not the whole name: a path is a person's own affair, and this text goes into the ledger.
          const kind = missing.slice(0, missing.indexOf(':'))
          const others = more.length === 0 ? '' : `, nor ${more.length} more`
          // A capability that is needed only for the start may expire earlier than the places; the action ends with the
          // places.
          const places = neededBy(action, true)
          const lines = [
            { to: action.agent, names: acts.missing.filter((name) => !places.includes(name)) },
            { to: action.agent, names: acts.missing.filter((name) => places.includes(name)) },
            { to: action.requester.agent, names: asks.missing },
          ].flatMap(({ to, names }) =>
            names.length === 0 ? [] : `karo cap grant ${to} ${names.map(quoteShell).join(' ')}`,
          )
          return {
            outcome: 'deny',
            reason: `${who} was not granted ${kind} for this${others}`,
            hint: `Grant it in a terminal: ${lines.join(' && ')}`,
          }
        },
      },
      { gate: 'risk', judge: () => rule(risk) },
    ]
    // The output of an agent may contain anything that it ever read, and an agent with secrets may reveal them, so a
    // person checks first.
    const granted =
      action.requester.node !== self &&
      action.operation !== 'logs' &&
      (action.secrets ?? []).length === 0 &&
      (action.connect ?? []).length === 0 &&
      action.binds.length > 0 &&
      capabilities.covering(action.agent, neededBy(action), { begun }).missing.length === 0
    const narrowed = await narrow(gates, action, ownClass(action, granted))
    const { kind } = kindOf(action.tool)
    const risks = [...(outside === undefined ? [] : [HELD_BY_NOBODY]), ...risk.risks].slice(0, 8)
    const findings = { class: narrowed.class, kind, risk: risk.risk, risks, code }
    return { narrowed, by, isGranted, target, findings, hash: hashOf(action, code) }
  }

  async function judge(action: Action, before?: Findings['code']): Promise<Verdict> {
    const judged = await look(action)
    const { narrowed, findings, hash } = judged
    if (narrowed.outcome === 'deny') return narrowed
    const { class: of, reason } = narrowed
    if (of === 'green') return run(action, judged, reason === '' ? 'it only reads' : reason)
    if (isPinned(action, findings.code)) return run(action, judged, 'granted when it was added')
    const granted = approvals.granted(action)
    const given = granted.find((one) => one.hash === hash || isForTask(one, judged))
    if (given !== undefined && !isRedder(of, given.class) && (await approvals.use(given.id, given.hash)))
      return run(action, judged, `approved by ${given.decided?.by ?? 'somebody'} (${given.id})`)
    const pattern = judged.isGranted ? await approvedBy(patterns(), action, of) : undefined
    if (pattern !== undefined) {
      await approvals.noteByPolicy(action, hash, findings, pattern)
      return run(action, judged, `approved by the pattern ${pattern} of agents.approved`)
    }
    return ask(action, judged, before ?? granted.at(-1)?.code)
  }

  /** `before`: the files of the same words when a person approved them, or they were let through. */
  async function ask(
    action: Action,
    { findings, by, hash, target }: Judged,
    before?: Findings['code'],
  ): Promise<Verdict> {
    const { kind, class: of, code } = findings
    const pin = action.operation === 'start' ? capabilities.pinOf(action.agent) : undefined
    const was = before ?? pin?.code
    const is = before === undefined ? pinnedOf(code) : code
    const changed = was === undefined ? [] : [...(await files.changed(was, is))]
    if (pin && action.input !== '')
      changed.push(await textsCompared('its tools', pin.tools ?? '', action.input, ''))
    const fails = target && (await deps.tryChange?.(action, target))
    const risks = [...(fails === undefined ? [] : [fails]), ...findings.risks].slice(0, 8)
    const { id } = await approvals.ask(action, hash, { ...findings, risks, changed })
    const why = changed.length === 0 ? '' : '; what it runs has changed since it was approved'
    return {
      outcome: 'wait',
      class: of,
      approval: id,
      reason: `a person has to approve it: ${kind}, class ${of}${why}`,
      by,
    }
  }

  async function settled(id: string, action: Action, signal: AbortSignal): Promise<Verdict> {
    const approval = await approvals.wait(id, signal).catch(async (error: unknown) => {
      // A daemon that stops gives its tasks words for why they end.
      await approvals.withdraw(id, typeof error === 'string' ? error : 'its task has ended')
      throw error
    })
    // The gates are asked again: what was granted or permitted when it was asked may be gone.
    const judged = await look(action)
    const { narrowed, hash } = judged
    if (narrowed.outcome === 'deny') return narrowed
    const { class: of } = narrowed
    if (approval === undefined || 'outcome' in approval) {
      // The outcome of another person's request is not revealed.
      const own = approval?.hash === hash ? approval : undefined
      // A cancelled task takes away the request that others of the same words share: they ask anew.
      return own?.outcome === 'withdrawn' && own.by === 'nobody' ? ask(action, judged) : withoutYes(of, own)
    }
    if (hashOf(approval.action) !== hashOf(action) || taskOf(approval.action) !== taskOf(action))
      return denied('approval', of, 'this is not the request that was approved')
    if (approval.hash !== hash) return ask(action, judged, approval.code)
    if (isRedder(of, approval.class))
      return denied('approval', of, 'it is more dangerous now than when it was approved')
    // Another request of the same words has used it.
    if (!(await approvals.use(id, hash))) return judge(action)
    return run(action, judged, `approved by ${approval.decided?.by ?? 'somebody'} (${id})`)
  }

  /** A start of what the person granted when the agent was added, or has approved since; for another machine only of what changes nothing. */
  function isPinned(action: Action, code: Findings['code']): boolean {
    const { operation, agent, input, binds, secrets = [], connect = [], requester } = action
    const pin = operation === 'start' && input === '' ? capabilities.pinOf(agent) : undefined
    const isHarmless = secrets.length + connect.length === 0 && !binds.some(({ write }) => write)
    return (
      pin !== undefined && (requester.node === self || isHarmless) && isSameCode(pin.code, pinnedOf(code))
    )
  }

  async function run(
    action: Action,
    { by, hash, narrowed, findings }: Judged,
    reason: string,
  ): Promise<Verdict> {
    const { class: of } = narrowed
    if (by.length > 0 && !(await capabilities.spend(by)))
      return denied('capability', of, 'a capability was taken back or used up meanwhile')
    const { operation, agent, input } = action
    const pin = operation === 'start' ? capabilities.pinOf(agent) : undefined
    // From now on this is what was granted. The input is the list of its tools, where that is another one.
    if (pin !== undefined && !isPinned(action, findings.code))
      await capabilities.pin(agent, { code: wordsOf(findings), tools: input || pin.tools })
    return { outcome: 'run', class: of, hash, code: findings.code, reason, by }
  }

  /** Nothing that goes wrong is a yes, and what cannot be written down does not happen. */
  async function told(action: Action, work: () => Promise<Verdict>): Promise<Verdict> {
    let verdict: Verdict
    try {
      verdict = await work()
    } catch (error) {
      log.warn({ trace_id: action.traceId, reason: (error as Error).message }, 'a gate failed, which denies')
      verdict = undecided(action, error as Error)
    }
    try {
      await audit.record(entryOf(action, verdict))
    } catch {
      if (verdict.outcome !== 'deny')
        verdict = denied('approval', verdict.class, 'the ledger could not be written')
    }
    if (verdict.outcome === 'deny') onDenied(verdict.gate)
    return verdict
  }

  async function refuses(action: Action): ReturnType<Gates['refuses']> {
    const { narrowed } = await look(action)
    return narrowed.outcome === 'deny' ? narrowed : undefined
  }

  async function lost(action: Action, of?: ActionClass, hash?: string): ReturnType<Gates['lost']> {
    const { narrowed, hash: now } = await look(action, true)
    if (narrowed.outcome === 'deny') return narrowed
    if (hash !== undefined && hash !== now)
      return {
        ...denied('approval', narrowed.class, 'what it runs has changed since it was let through'),
        changed: true,
      }
    if (of === undefined || !isRedder(narrowed.class, of)) return undefined
    return denied('approval', narrowed.class, 'it is more dangerous now than when it was let through')
  }

  return {
    lost: (action, of, hash) => lost(action, of, hash).catch((error: Error) => undecided(action, error)),
    async codeOf(action) {
      const { findings } = await look(action)
      return wordsOf(findings)
    },
    async ended(action, denial) {
      await told(action, async () => denial)
    },
    async refuses(action) {
      const early = await refuses(action).catch((error: Error) => undecided(action, error))
      if (early === undefined) return undefined
      await told(action, async () => early)
      return early
    },
    judge: (action, before) => told(action, () => judge(action, before)),
    settled: (approval, action, signal) => told(action, () => settled(approval, action, signal)),
  }
}

const wordsOf = ({ code }: Findings) => pinnedOf(code).map(({ path, hash }) => ({ path, hash }))

const denied = (gate: Gate, of: ActionClass, reason: string): Denial => ({
  outcome: 'deny',
  class: of,
  gate,
  reason,
})

/**
 * The reason given by the person who denied is in the hint only, because the ledger and other machines must not get it.
 */
function withoutYes(of: ActionClass, ended: EndedApproval | undefined): Denial {
  if (ended?.outcome === 'expired') return denied('approval', of, ended.reason)
  if (ended?.outcome !== 'denied') return denied('approval', of, 'it no longer waits for an approval')
  const said = denied('approval', of, 'a person said no')
  return ended.reason === '' ? said : { ...said, hint: `${ended.by}: ${ended.reason}` }
}

/** The words of an error may name what is for people of this machine alone. */
const undecided = ({ requester, target }: Action, error: Error): Denial => {
  const why = requester.node === target ? `: ${error.message}` : ''
  return denied('approval', 'critical', `it could not be decided${why}`)
}

const questionOf = ({ agent, tool, operation, requester }: Action, self: NodeId): AgentQuestion => ({
  requester,
  agent,
  tool: operation === undefined ? tool : '',
  operation: operation ?? 'task',
  own: requester.node === self && requester.person !== undefined,
})

/** Without a word of the command. */
function entryOf(action: Action, verdict: Verdict): Parameters<Audit['record']>[0] {
  const { agent, tool, task, requester, traceId } = action
  const uid = Number(requester.person)
  const isElsewhere = requester.node !== action.target
  return {
    type: 'agent_gate',
    success: verdict.outcome !== 'deny',
    trace_id: traceId,
    details: {
      uid: Number.isSafeInteger(uid) ? uid : undefined,
      agent,
      tool: tool.slice(0, 128),
      task: task.slice(0, 128),
      outcome: verdict.outcome,
      class: verdict.class,
      reason: verdict.reason.slice(0, 512),
      gate: verdict.outcome === 'deny' ? verdict.gate : undefined,
      approval: verdict.outcome === 'wait' ? verdict.approval : undefined,
      by_agent: requester.agent,
      operator: requester.operator,
    },
    peer: isElsewhere ? (requester.node as NodeId) : undefined,
  }
}
