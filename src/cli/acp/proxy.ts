// Stands between an editor and an agent that speak ACP: all passes as it is, and each request for permission is judged and may be answered elsewhere too.
import type { RequestPermissionResponse } from '@agentclientprotocol/sdk'
import type { Timers } from '../../base/clock.ts'
import { createRecent } from '../../base/recent.ts'
import { orElse } from '../../base/run/or-else.ts'
import { type Members, membersOf } from '../../base/shape/json-object.ts'
import type { Calls, Option, Wanted } from './calls.ts'

/** Requests for permission that may wait at once. */
const WAITING_MAX = 16
/** Milliseconds after which a request that nobody answered is denied; requests of the inbox end then as well. */
export const ANSWER_MS = 300_000
/** Requests of sessions under way, and answers of the editor that come too late; more are forgotten. */
const REMEMBERED_MAX = 256

type Id = string | number

/** What the judge and the inbox say. `none`: nothing can be said, and the editor's person decides alone. */
export type Ruling =
  | { readonly outcome: 'allow' | 'deny'; readonly reason: string }
  | { readonly outcome: 'wait' | 'none' }

/** One request in the inbox. */
export interface Inquiry {
  /** What is known at once. Never rejects. */
  readonly first: Promise<Ruling>
  /** `allow` or `deny` when somebody decides elsewhere, `none` when that cannot happen any more. Never rejects. */
  readonly decided: Promise<Ruling>
  /** Tells the inbox what was answered in the editor. Resolves with whether that counts: `wait` says that `decided` does. */
  answered(approve: boolean): Promise<Ruling>
  /** Nobody waits any more. */
  end(): void
}

export interface ProxyDeps {
  readonly calls: Calls
  /** A line to pass on to that side, with its newline. */
  readonly toEditor: (line: Buffer) => void
  readonly toAgent: (line: Buffer) => void
  /** Judges what is wanted and puts it into the inbox. */
  readonly ask: (wanted: Wanted) => Inquiry
  /** Something that a person should know; shown where the editor shows what agents write on standard error. */
  readonly tell: (what: string) => void
  /** The connection cannot continue. */
  readonly end: (why: string) => void
  readonly timers: Timers
}

export type AcpProxy = ReturnType<typeof createProxy>

interface Waiting {
  readonly id: Id
  readonly session: string
  readonly options: readonly Option[]
  readonly inquiry: Inquiry
  readonly stopTimer: () => void
  /** The editor has the request. */
  shown: boolean
}

export function createProxy(deps: ProxyDeps) {
  const { calls, toEditor, toAgent, ask, tell, end, timers } = deps
  const waiting = new Map<string, Waiting>()
  /** Requests that were answered without the editor, whose own answer is then dropped. */
  const late = createRecent<string, true>(REMEMBERED_MAX)
  /** Directories of sessions that are being made, by the id of the editor's request. */
  const making = createRecent<string, string>(REMEMBERED_MAX)
  let stopped = false
  /** One side does not keep to the protocol: nothing of either passes any more. */
  let broken = false
  const fail = (why: string): void => {
    broken = true
    end(why)
  }

  /** Ends the request; the caller answers the agent. False if it has ended already. */
  function settle(key: string): boolean {
    const one = waiting.get(key)
    if (one === undefined || stopped) return false
    waiting.delete(key)
    one.stopTimer()
    one.inquiry.end()
    return true
  }

  /** The editor, which does not know of the request, cannot say that it is cancelled. */
  function cancelUnseen(which: (one: Waiting) => boolean): void {
    for (const [key, one] of [...waiting]) {
      if (one.shown || !which(one) || !settle(key)) continue
      toAgent(lineOf({ jsonrpc: '2.0', id: one.id, result: CANCELLED }))
    }
  }

  /** Answers the agent instead of the editor, and tells the editor to close its question. */
  function answer(key: string, approve: boolean): void {
    const one = waiting.get(key)
    if (one === undefined || !settle(key)) return
    const { id, options, shown } = one
    toAgent(lineOf({ jsonrpc: '2.0', id, result: resultOf(options, approve) }))
    if (!shown) return
    late.set(key, true)
    toEditor(lineOf({ jsonrpc: '2.0', method: '$/cancel_request', params: { requestId: id } }))
  }

  function permission(id: Id, params: unknown, line: Buffer): void {
    const key = keyOf(id)
    const asked = calls.permission(params)
    if (asked === undefined || waiting.has(key) || waiting.size >= WAITING_MAX) {
      const message = asked === undefined ? 'its parameters are not valid' : 'too many requests wait'
      toAgent(lineOf({ jsonrpc: '2.0', id, error: { code: -32602, message: `karo: ${message}` } }))
      return
    }
    const { wanted, session, options } = asked
    late.delete(key)
    const stopTimer = timers.after(ANSWER_MS, () => answer(key, false))
    const inquiry = ask(wanted)
    waiting.set(key, { id, session, options, inquiry, stopTimer, shown: false })
    void (async () => {
      const first = await inquiry.first
      if (first.outcome === 'allow' || first.outcome === 'deny') {
        if (first.outcome === 'deny') tell(first.reason)
        return answer(key, first.outcome === 'allow')
      }
      const one = waiting.get(key)
      if (one === undefined || one.inquiry !== inquiry || stopped) return
      one.shown = true
      if (wanted.input === undefined)
        tell('a request is too long for the inbox; only the editor asks about it')
      toEditor(line)
      const decided = await inquiry.decided
      if (waiting.get(key) === one && (decided.outcome === 'allow' || decided.outcome === 'deny'))
        answer(key, decided.outcome === 'allow')
    })()
  }

  /** The editor has answered. Its answer is passed on unchanged, unless somebody else answered first. */
  async function answered(key: string, one: Waiting, message: Members, line: Buffer): Promise<void> {
    const { result, error } = message
    const { outcome, optionId } = membersOf(membersOf(result)?.outcome) ?? {}
    if (outcome !== 'selected') {
      // Nobody has decided: a turn that was cancelled, or an editor that could not ask. What is neither says nothing.
      if (outcome !== 'cancelled' && error === undefined) answer(key, false)
      else if (settle(key)) toAgent(line)
      return
    }
    const chosen = one.options.find(({ id }) => id === optionId)
    const approve = chosen?.kind === 'allow_once' || chosen?.kind === 'allow_always'
    const counts = one.inquiry.answered(approve)
    // A no needs no record to count; a yes is in the ledger before the agent hears it.
    const told = approve ? await counts : undefined
    if (told?.outcome === 'wait') return
    if (waiting.get(key) !== one) return
    // An answer with an option that the agent did not offer counts as a no.
    if (chosen === undefined || told?.outcome === 'deny') {
      answer(key, false)
      return
    }
    if (settle(key)) toAgent(line)
  }

  return {
    fromAgent(line: Buffer) {
      if (broken) return
      const value = parsed(line)
      // An editor may read as JSON what this does not.
      if (value === undefined && line.toString('utf8').trim() !== '')
        return fail('the agent sent a line that is not JSON')
      // ACP has no batches; one could hide a request.
      if (Array.isArray(value))
        return fail('the agent sent a JSON-RPC batch, which the protocol does not allow')
      const { method, id, params, result } = membersOf(value) ?? {}
      if (method === 'session/request_permission') {
        if (stopped) return
        if (isId(id)) permission(id, params, line)
        else fail('the agent sent a request for permission without an id')
        return
      }
      if (method === 'session/update') calls.update(params)
      if (method === '$/cancel_request') {
        const { requestId } = membersOf(params) ?? {}
        cancelUnseen((one) => one.id === requestId)
      }
      if (method === undefined && isId(id)) {
        const cwd = making.get(keyOf(id))
        const session = membersOf(result)?.sessionId
        if (cwd !== undefined && typeof session === 'string') calls.place(session, cwd)
        making.delete(keyOf(id))
      }
      toEditor(line)
    },
    fromEditor(line: Buffer) {
      if (stopped || broken) return
      const value = parsed(line)
      if (Array.isArray(value))
        return fail('the editor sent a JSON-RPC batch, which the protocol does not allow')
      const message = membersOf(value) ?? {}
      const { method, id, params } = message
      if (method === undefined && isId(id)) {
        const key = keyOf(id)
        if (late.delete(key)) return
        const one = waiting.get(key)
        if (one !== undefined) {
          void answered(key, one, message, line)
          return
        }
      }
      const { cwd, sessionId } = membersOf(params) ?? {}
      if (method === 'session/cancel') cancelUnseen((one) => one.session === sessionId)
      if (typeof cwd === 'string' && cwd.startsWith('/')) {
        if (typeof sessionId === 'string') calls.place(sessionId, cwd)
        else if (isId(id)) making.set(keyOf(id), cwd)
      }
      toAgent(line)
    },
    /** Ends waiting requests; from now on only messages of the agent are passed on. */
    stop(): void {
      stopped = true
      for (const { stopTimer, inquiry } of waiting.values()) {
        stopTimer()
        inquiry.end()
      }
      waiting.clear()
    },
  }
}

const CANCELLED: RequestPermissionResponse = { outcome: { outcome: 'cancelled' } }

const isId = (id: unknown): id is Id => typeof id === 'string' || typeof id === 'number'
/** 1 and "1" are two ids. */
const keyOf = (id: Id): string => JSON.stringify(id)
const lineOf = (message: object): Buffer => Buffer.from(`${JSON.stringify(message)}\n`)

/** Undefined for what is no JSON. As the official library reads it: without the white space around it, a byte order mark as well. */
function parsed(line: Buffer): unknown {
  return orElse(() => JSON.parse(line.toString('utf8').trim()), undefined)
}

/** The answer to the agent: for this one call, because only the person at the editor may answer for all later ones. */
function resultOf(options: readonly Option[], approve: boolean): RequestPermissionResponse {
  const kind = approve ? 'allow_once' : 'reject_once'
  const option = options.find((one) => one.kind === kind)
  return option === undefined ? CANCELLED : { outcome: { outcome: 'selected', optionId: option.id } }
}
