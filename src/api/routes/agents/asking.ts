// POST /approvals/ask: tools ask for what they want to do, wait for the decision, and say what was answered on their own screen.
import { hashOf } from '../../../agents/approvals/binding.ts'
import type { Approval, Approver } from '../../../agents/approvals/types.ts'
import { EXEC } from '../../../agents/classes.ts'
import type { Action, AgentId, Verdict } from '../../../agents/types.ts'
import { deadline } from '../../../base/async/deadline.ts'
import { createSerial } from '../../../base/async/limiter.ts'
import type { Timers } from '../../../base/clock.ts'
import { KaroError } from '../../../base/errors.ts'
import { createRecent } from '../../../base/recent.ts'
import type { SeatOfCaller } from '../../access/at-terminal.ts'
import type { askApproval } from '../../contract/operations/agents/approvals.ts'
import type { AskedShape } from '../../contract/shapes.ts'
import type { Caller, RequestFor, Rooms } from '../../server/index.ts'

type AskBody = RequestFor<typeof askApproval>['body']

/** Milliseconds that one request waits for an answer, well within the time that a client waits for a reply. */
const WAIT_MS = 5_000
/** Characters of a reason, as the schema of the answer has them. */
const REASON_CHARS = 1_024
/** Requests answered on the screen of a tool that are remembered; those that wait for them end at once. */
const THERE_MAX = 256
/** Milliseconds within which a tool asks again about a call of its own; otherwise it is gone. */
const AGAIN_MS = 15_000
/** Tools between two of their questions that are counted for one request; more of them do not keep it longer. */
const AWAY_MAX = 256

export function createAsking(
  { approvals, gates, identity, timers }: Rooms,
  seat: SeatOfCaller,
  approverOf: (caller: Caller) => Approver,
) {
  /** Whether answers on the screens of tools counted, by the request. */
  const there = createRecent<string, Promise<boolean>>(THERE_MAX)
  const waiters = createWaiters(timers, (id) => {
    // What the store does not take stays in the inbox until its time is over.
    approvals.withdraw(id).catch(() => {})
  })
  const serially = createSerial()
  const closing = new AbortController()

  const actionOf = (caller: Caller, body: AskBody, traceId: string): Action => {
    const { tool, cwd, why } = body
    const sits = seat(caller)
    // What the kernel does not name a session of cannot be told from who approves it.
    if (sits === undefined) throw new KaroError('refused', 'the kernel does not say which process asks')
    const agent: AgentId = `kBridge:${tool}`
    return {
      // The task is the login session: the tool's own words for its conversation prove nothing.
      id: traceId,
      task: `session:${sits.session}`,
      agent,
      readOnly: false,
      ...calledIn(body),
      cwd,
      env: {},
      binds: [],
      target: identity.nodeId,
      requester: { node: identity.nodeId, person: String(caller.person), agent, sessions: sits.near },
      why,
      traceId,
    }
  }

  const isUsed = async (who: Approver, id: string): Promise<boolean> =>
    (await approvals.log(who, Number.MAX_SAFE_INTEGER)).some(
      (entry) => entry.id === id && entry.outcome === 'used',
    )

  const openOf = (who: Approver, id: string): Approval | undefined =>
    approvals.list(who).find((one) => one.id === id)

  /** Waits for a while. False: nobody has decided yet. */
  async function isDecided(id: string, hungUp: AbortSignal): Promise<boolean> {
    using limit = deadline(timers, WAIT_MS)
    try {
      await approvals.wait(id, AbortSignal.any([limit.signal, hungUp, closing.signal]))
      return true
    } catch {
      return false
    }
  }

  /**
   * `trace` is the trace id of the request; `hungUp` aborts when its connection closes. Throws KaroError `refused` for a caller
   * whose session is unknown or for another action than the one that waits, `bad_request`.
   */
  async function ask(caller: Caller, body: AskBody, trace: string, hungUp: AbortSignal): Promise<AskedShape> {
    const action = actionOf(caller, body, trace)
    const { approval: id, answered, call } = body
    const who = approverOf(caller)
    const isCall = call !== undefined
    if (id === undefined) return toldOf(await gates.judge(action), who, isCall)
    const waiting = openOf(who, id)
    if (waiting !== undefined && hashOf(waiting.action) !== hashOf(action))
      throw new KaroError('refused', 'this is not the request that was asked')
    if (answered !== undefined) {
      if (!isCall) throw new KaroError('bad_request', 'only calls of tools can be answered in the inbox')
      return answeredThere(who, id, answered === 'approved')
    }
    if (waiting?.state === 'pending') {
      if (isCall) waiters.arrive(id)
      const decided = await isDecided(id, hungUp)
      // A tool that died does not run what somebody approves now.
      if (isCall) waiters.leave(id, !decided && !hungUp.aborted)
      if (!decided) return asksAgain(id, waiting.expires_at, 'nobody has decided yet')
      // Another request of the same tool brought the answer: there is nothing to decide here, and to write down.
      if (await there.get(id))
        return { outcome: 'wait', approval: null, reason: 'it was answered there', expires_at: null }
    }
    const settle = (): Promise<Verdict> => gates.settled(id, action, new AbortController().signal)
    // One of two identical calls uses the approval; the other one needs another approval.
    const settleCall = async (): Promise<Verdict> =>
      (await isUsed(who, id)) ? gates.judge(action) : settle()
    const verdict = !isCall
      ? await settle()
      : await (waiting === undefined ? settleCall() : serially(settleCall))
    return toldOf(verdict, who, isCall, id)
  }

  function toldOf(verdict: Verdict, who: Approver, isCall: boolean, id?: string): AskedShape {
    const { outcome, reason } = verdict
    if (outcome !== 'wait') {
      const hint = outcome === 'deny' && verdict.hint !== undefined ? `. ${verdict.hint}` : ''
      const why = `${reason}${hint}`.slice(0, REASON_CHARS)
      return { outcome, approval: id ?? null, reason: why, expires_at: null }
    }
    const { approval } = verdict
    if (isCall) waiters.expect(approval)
    return asksAgain(approval, approvals.find(who, approval).expires_at, reason)
  }

  /**
   * The answer on the tool's own screen counts if it is the first. It approves nothing here: a hook, which has no screen that a
   * person answers at, must not be able to say that somebody did. After a denial, and after the time of the request, it is no.
   */
  async function answeredThere(who: Approver, id: string, approve: boolean): Promise<AskedShape> {
    const othersWait = waiters.count(id) > 1
    const counted =
      openOf(who, id) === undefined
        ? Promise.resolve(false)
        : approvals.withdraw(id, { who, approve, othersWait })
    if (!othersWait) there.set(id, counted)
    const rest = { approval: id, expires_at: null }
    if (await counted)
      return {
        outcome: approve ? 'run' : 'deny',
        reason: `${approve ? 'approved' : 'denied'} there`,
        ...rest,
      }
    const isApproved = openOf(who, id) !== undefined || (await isUsed(who, id))
    return isApproved
      ? { outcome: 'wait', reason: 'it is approved already', ...rest }
      : { outcome: 'deny', reason: 'it was denied elsewhere, or is over', ...rest }
  }

  return {
    ask,
    /** Expects the tools whose calls wait since before the daemon started. */
    start(): void {
      for (const { id, action, state } of approvals.waiting())
        if (state === 'pending' && action.agent.startsWith('kBridge:') && action.tool !== EXEC)
          waiters.expect(id)
    },
    /** Tells all that wait to ask again, so that their requests outlive the daemon. */
    stop: () => closing.abort(),
  }
}

interface Known {
  /** Questions that wait for an answer. */
  here: number
  /** Ends the time of each tool that is between two questions. */
  readonly away: (() => void)[]
}

/**
 * Counts the tools that wait for each request, so that a request ends when the last of them is gone, and not before: `abandoned` hears of
 * it then.
 */
function createWaiters(timers: Timers, abandoned: (id: string) => void) {
  const all = new Map<string, Known>()

  function check(id: string, one: Known): void {
    if (one.here > 0 || one.away.length > 0) return
    all.delete(id)
    abandoned(id)
  }
  function known(id: string): Known {
    const one = all.get(id) ?? { here: 0, away: [] }
    all.set(id, one)
    return one
  }
  /** A tool that has just been told to ask again is one more waiter, until it asks or its time is over. */
  function expect(id: string): void {
    const one = known(id)
    if (one.away.length >= AWAY_MAX) return
    const stop = timers.after(AGAIN_MS, () => {
      one.away.splice(one.away.indexOf(stop), 1)
      check(id, one)
    })
    one.away.push(stop)
  }

  return {
    expect,
    /** A tool that was expected asks now. Each call needs one of `leave` later. */
    arrive(id: string): void {
      const one = known(id)
      // Any of the expected tools may be the one that came. The newest expectation ends, because the tool of the oldest may be gone.
      one.away.pop()?.()
      one.here++
    },
    /** The question of a tool is over. `again`: it was told to ask again; otherwise it has its answer, or is gone. */
    leave(id: string, again: boolean): void {
      const one = all.get(id)
      if (one === undefined) return
      one.here--
      if (again) expect(id)
      check(id, one)
    },
    count(id: string): number {
      const { here, away } = all.get(id) ?? { here: 0, away: [] }
      return here + away.length
    },
  }
}

/** Throws KaroError `bad_request` unless the request is of a command or of a call. */
function calledIn({ shell, command, call }: AskBody): Pick<Action, 'tool' | 'argv' | 'input'> {
  if (call !== undefined && shell === undefined && command === undefined)
    // The name of commands is Karo's own: what they read is their input, and what a call would do is not.
    return { tool: call.action === EXEC ? 'unknown' : call.action, argv: call.argv, input: call.input }
  if (call === undefined && shell !== undefined && command !== undefined)
    return { tool: EXEC, argv: [shell, '-c', command], input: '' }
  throw new KaroError('bad_request', 'a request names either a command and its shell, or a call of a tool')
}

const asksAgain = (approval: string, expires: number, reason: string): AskedShape => ({
  outcome: 'wait',
  approval,
  reason,
  expires_at: new Date(expires).toISOString(),
})
