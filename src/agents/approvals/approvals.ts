// The approvals inbox: what waits for a person, who decided what, and that each yes is used once.
import { untilAborted } from '../../base/async/deadline.ts'
import { createSerial } from '../../base/async/limiter.ts'
import { KaroError } from '../../base/errors.ts'
import { toHex } from '../../base/hex.ts'
import { shellWord } from '../../base/quote.ts'
import { createRecent } from '../../base/recent.ts'
import type { Ambient } from '../../base/run/ambient.ts'
import { createListeners } from '../../base/run/listeners.ts'
import type { ApprovalRepository } from '../../store/approvals/approvals.ts'
import type { Audit, AuditRecord } from '../../trust/audit/index.ts'
import { LASTS_SECONDS } from '../classes.ts'
import type { Action } from '../types.ts'
import { hashOf, taskOf } from './binding.ts'
import { askedByBoth, checkApprover, checkRoom, maySee } from './rights.ts'
import type { Approval, ApprovalOutcome, Approvals, Approver, EndedApproval } from './types.ts'

/** Milliseconds from the request on, after which nobody answered. */
export const APPROVAL_MS = 300_000
/** Entries of the log that are kept, and how many are added before the oldest go. */
const LOG_MAX = 2_000
const LOG_SLACK = 200
/** Login sessions that are remembered; more than a machine has at a time. */
const ASKERS_MAX = 4_096
/** How many ended requests are remembered for the programs that wait for them; the whole inbox may end at once. */
const ENDED_MAX = 256
/** Digits of the hash that say which request was shown. */
const HASH_LEAST = 8
/** Characters of a command in the log. */
const LINE_MAX = 2_000

export interface ApprovalsDeps extends Ambient {
  readonly repository: ApprovalRepository<Approval, EndedApproval>
  readonly audit: Pick<Audit, 'record'>
  /** The name of the account, for the log. */
  readonly nameOf: (account: number) => Promise<string | undefined>
}

export function createApprovals(deps: ApprovalsDeps): Approvals {
  const { repository, audit, nameOf, clock, timers, random, log } = deps
  const open = new Map<string, Approval>()
  const stopTimer = new Map<string, () => void>()
  const changes = createListeners<Parameters<Parameters<Approvals['onChange']>[0]>>()
  const serially = createSerial()
  /** Login sessions out of which somebody asked. */
  const askers = createRecent<string, true>(ASKERS_MAX)
  const lately = createRecent<string, EndedApproval>(ENDED_MAX)
  let added = 0

  const tell = (
    { id, person, action, class: of }: Approval,
    change: ApprovalOutcome | 'wanted' | 'approved',
  ) => changes.tell({ id, person, agent: action.agent, class: of, change })

  const isOver = ({ expires_at }: Approval): boolean => clock.now() >= expires_at

  const failed = (error: unknown): void =>
    log.error({ reason: String(error) }, 'the end of a request could not be kept')

  /** `isUp` is asked when its turn comes: a yes that was being written may have given the request more time. */
  function lapse(id: string, isUp: (now: Approval) => boolean, reason: string): void {
    void serially(async () => {
      const now = open.get(id)
      if (now !== undefined && isUp(now)) await end(now, overNow(now), 'nobody', reason)
    }).catch(failed)
  }

  function watch({ id, expires_at }: Approval): void {
    stopTimer.get(id)?.()
    // Measured by the timer, not by the wall clock: setting the clock back gives nobody more time.
    const stop = timers.after(Math.max(0, Math.min(expires_at - clock.now(), 3_600_000)), () =>
      lapse(id, () => stopTimer.get(id) === stop, 'nobody answered, or used the yes, in time'),
    )
    stopTimer.set(id, stop)
  }

  const overNow = ({ state, uses }: Approval): ApprovalOutcome =>
    state === 'pending' ? 'expired' : uses > 0 ? 'used' : 'unused'

  /** `used` keeps what the decision said; every other outcome says who ended it and why. */
  async function end(
    approval: Approval,
    outcome: ApprovalOutcome,
    by: string,
    reason: string,
  ): Promise<EndedApproval> {
    const { id, decided } = approval
    const ended = endedOf(
      approval,
      outcome,
      clock.now(),
      outcome === 'used' && decided ? decided : { by, reason },
    )
    stopTimer.get(id)?.()
    stopTimer.delete(id)
    // The memory is changed first, so that a request that arrives while the disk is written no longer finds the
    // approval.
    open.delete(id)
    lately.set(id, ended)
    // Also where the disk does not take it: whoever waits for the request would wait for ever.
    const kept = repository.end(id, ended).finally(() => tell(approval, outcome))
    // A yes is used once that is kept; what runs nothing is over all the same.
    await (outcome === 'used' ? kept : kept.catch(failed))
    if (++added % LOG_SLACK === 0) await repository.trim(LOG_MAX)
    return ended
  }

  /**
   * A clock that jumped ahead is believed once it has stayed so for a second: what is shown to nobody any more does not wait for its
   * timer.
   */
  const living = (): readonly Approval[] => {
    const all = [...open.values()]
    for (const { id } of all.filter(isOver))
      timers.after(1_000, () =>
        lapse(id, isOver, 'its time was over when the clock was set, or the machine slept'),
      )
    return all.filter((one) => !isOver(one))
  }

  function noteAskers({ requester }: Action): void {
    for (const session of requester.sessions ?? []) askers.set(session, true)
  }

  function find(who: Approver, which: string): Approval {
    const [only, other] = living().filter(
      (one) => which.length >= 4 && one.id.startsWith(which) && maySee(one, who),
    )
    if (only === undefined)
      throw new KaroError('not_found', `no request ${which.slice(0, 40)} waits for you`, {
        hint: 'karo approvals list shows the requests that wait, karo approvals log shows past ones.',
      })
    if (other !== undefined) throw new KaroError('conflict', `${which} is the beginning of several requests`)
    return only
  }

  const begin = (...[action, hash, findings]: Parameters<Approvals['ask']>): Approval => ({
    ...findings,
    id: toHex(random.bytes(5)),
    state: 'pending',
    hash,
    action,
    scope: 'once',
    uses: 0,
    person: personOf(action),
    created_at: clock.now(),
    expires_at: clock.now() + APPROVAL_MS,
  })

  async function decide(
    who: Approver,
    which: string,
    { approve, hash, scope, reason }: Parameters<Approvals['decide']>[2],
  ) {
    const approval = find(who, which)
    if (approve) {
      if (approval.state !== 'pending') throw new KaroError('conflict', 'it is approved already')
      checkApprover(approval, scope, who)
      if (hash.length < HASH_LEAST || !approval.hash.startsWith(hash))
        throw new KaroError('refused', 'this is not the hash of the request', {
          hint: 'karo approvals show prints the present request and its hash.',
        })
    }
    const by = who.from?.name ?? (await nameOf(who.account)) ?? `uid ${who.account}`
    const at = clock.now()
    await record(approval, approve ? 'approved' : 'denied', who, by, scope)
    if (!approve) return end(approval, 'denied', by, reason)
    const next: Approval = {
      ...approval,
      state: 'approved',
      scope,
      decided: { at, by, reason },
      expires_at: scope === 'task' ? at + LASTS_SECONDS[approval.class] * 1_000 : approval.expires_at,
    }
    await repository.put(next)
    open.set(next.id, next)
    watch(next)
    tell(next, 'approved')
    return next
  }

  /** The ledger never has words of the command: it says which request, of whom, how red, and who decided. */
  const record = (
    { id, person, class: of, kind, action }: Approval,
    decision: 'approved' | 'denied',
    who: Omit<Approver, 'way'> & { readonly way: Approver['way'] | 'tool' },
    by: string,
    scope: 'once' | 'task',
  ): Promise<void> => {
    const written = audit.record({
      type: 'approval_decided',
      success: true,
      trace_id: action.traceId,
      peer: who.from?.node as AuditRecord['peer'],
      details: {
        uid: person ?? undefined,
        approval: id,
        decision,
        class: of,
        kind,
        agent: action.agent,
        tool: action.tool,
        scope,
        by,
        way: who.way,
        operator: who.operator,
      },
    })
    // A yes has to stand in the ledger; a no counts anyway.
    return decision === 'denied' ? written.catch(() => {}) : written
  }

  return {
    name: 'approvals',
    async start(signal) {
      const rows = await repository.open()
      // The count begins at each start, so a daemon that starts often would keep all.
      await repository.trim(LOG_MAX)
      signal.throwIfAborted()
      for (const row of rows) {
        open.set(row.id, row)
        noteAskers(row.action)
        if (isOver(row))
          await end(row, overNow(row), 'nobody', 'its time was over before the daemon started again')
        else watch(row)
      }
    },
    async stop() {
      for (const stop of stopTimer.values()) stop()
      stopTimer.clear()
      // A look at what the clock left behind may still be to come, and finds nothing then.
      open.clear()
    },
    ask: (action, hash, findings) =>
      serially(async () => {
        noteAskers(action)
        const same = living().find(
          (one) => one.state === 'pending' && one.hash === hash && taskOf(one.action) === taskOf(action),
        )
        if (same !== undefined) {
          const more = { ...same, action: askedByBoth(same.action, action) }
          open.set(more.id, more)
          await repository.put(more)
          return more
        }
        checkRoom([...open.values()], action)
        const approval = begin(action, hash, findings)
        await repository.put(approval)
        open.set(approval.id, approval)
        watch(approval)
        tell(approval, 'wanted')
        return approval
      }),
    granted(action) {
      const words = hashOf(action)
      return living().filter(
        (one) =>
          one.state === 'approved' && taskOf(one.action) === taskOf(action) && hashOf(one.action) === words,
      )
    },
    async wait(id, signal) {
      const settled = (): boolean => open.get(id)?.state !== 'pending'
      if (!settled()) {
        let stop = (): void => {}
        const changed = new Promise<void>((resolve) => {
          stop = changes.on((change) => {
            if (change.id === id && settled()) resolve()
          })
        })
        await untilAborted(changed, signal).finally(stop)
      }
      return open.get(id) ?? lately.get(id)
    },
    use: (id, hash) =>
      serially(async () => {
        const approval = open.get(id)
        if (approval?.state !== 'approved' || approval.hash !== hash || isOver(approval)) return false
        const used = { ...approval, uses: approval.uses + 1 }
        if (approval.scope === 'once') await end(used, 'used', 'nobody', '')
        else {
          open.set(id, used)
          await repository.put(used)
        }
        return true
      }),
    withdraw: (id, answer = 'the program that asked no longer waits') =>
      serially(async () => {
        const approval = open.get(id)
        if (approval?.state !== 'pending') return false
        if (typeof answer === 'string') {
          await end(approval, 'withdrawn', 'nobody', answer)
          return true
        }
        const decision = answer.approve ? 'approved' : 'denied'
        await record(approval, decision, { ...answer.who, way: 'tool' }, 'the tool that asked', 'once')
        if (answer.othersWait) return true
        await end(approval, 'withdrawn', 'the tool that asked', `it was ${decision} there`)
        return true
      }),
    hasAsked: (sessions) => sessions.some((session) => askers.has(session)),
    list: (who) =>
      living()
        .filter((one) => maySee(one, who))
        .sort((a, b) => a.created_at - b.created_at),
    waiting: living,
    find,
    decide: (who, which, decision) => serially(() => decide(who, which, decision)),
    async log(who, limit) {
      const all = await repository.log()
      return all.filter((one) => maySee(one, who)).slice(0, limit)
    },
    noteByPolicy: (action, hash, findings, name) =>
      serially(async () => {
        await end(
          { ...begin(action, hash, findings), uses: 1 },
          'used',
          `policy ${name}`,
          'a pattern of agents.approved in config.toml',
        )
      }),
    forget: (person) =>
      serially(async () => {
        for (const one of open.values()) {
          if (one.person !== person) continue
          stopTimer.get(one.id)?.()
          open.delete(one.id)
          tell(one, 'withdrawn')
        }
        for (const [id, one] of lately) if (one.person === person) lately.delete(id)
        await repository.clear(person)
      }),
    onChange: changes.on,
  }
}

/** The number of the person on this machine whose affair the action is; null: of nobody here. */
const personOf = ({ requester, target }: Action): number | null =>
  requester.node === target && requester.person !== undefined && /^\d{1,10}$/.test(requester.person)
    ? Number(requester.person)
    : null

/** The part of a request that stays in the log: enough to recognise it, bounded, without input and environment. */
function endedOf(
  { id, person, created_at, action, class: of, kind, hash, scope, uses }: Approval,
  outcome: ApprovalOutcome,
  ended_at: number,
  { by, reason }: { readonly by: string; readonly reason: string },
): EndedApproval {
  const line = action.argv.map(shellWord).join(' ')
  const { agent, tool, cwd, target, task } = action
  return {
    id,
    person,
    created_at,
    outcome,
    agent,
    tool,
    class: of,
    kind,
    cwd,
    target,
    task,
    hash,
    scope,
    uses,
    ended_at,
    by,
    reason,
    line: line.length > LINE_MAX ? `${line.slice(0, LINE_MAX - 1)}…` : line,
  }
}
