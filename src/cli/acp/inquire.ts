// Asks the guard and the approvals inbox about what an ACP agent wants to do.
import { daemonAt } from '../../api/contract/client/socket.ts'
import { askApproval } from '../../api/contract/operations/agents/approvals.ts'
import type { AskedShape } from '../../api/contract/shapes.ts'
import type { RiskVerdict } from '../../assist/risk/index.ts'
import type { Timers } from '../../base/clock.ts'
import { KaroError } from '../../base/errors.ts'
import type { Wanted } from './calls.ts'
import type { Inquiry, Ruling } from './proxy.ts'

/** Milliseconds that the daemon has to say something at first; without it the editor's person decides alone. */
const FIRST_MS = 5_000
/** Milliseconds between two questions to a daemon that is not there, or did not answer. */
const PAUSE_MS = 1_000
const WHY_CHARS = 500
const COMMAND_CHARS = 100_000

interface InquiryDeps {
  /** Path of the daemon's socket. */
  readonly socket: string
  /** The agent's name in the inbox. */
  readonly tool: string
  /** Absolute; where the agent was started. */
  readonly cwd: string
  /** The guard of the person as it is now. Never rejects. */
  readonly guard: () => Promise<AcpGuard>
  readonly timers: Timers
  /** A request waits, under this id. */
  readonly waits: (approval: string) => void
}

interface AcpGuard {
  /** Throws where it cannot judge. */
  judge(command: string, cwd: string): RiskVerdict
  /** `guard.on_error`: what cannot be judged is denied. */
  readonly strict: boolean
}

export function createInquiries(deps: InquiryDeps): (wanted: Wanted) => Inquiry {
  const { socket, tool, timers, waits } = deps
  return (wanted) => {
    const { action, argv, input, title } = wanted
    const cwd = wanted.cwd ?? deps.cwd
    const control = new AbortController()
    // What is no command has the tool's name alone in its place: the words that the agent was started with may hold secrets.
    const call = { action, argv: [...(argv ?? [tool])], input: input ?? '' }
    const base = { tool, cwd, why: title.slice(0, WHY_CHARS).toWellFormed(), call }
    const overNow = Promise.withResolvers<void>()
    let approval: string | undefined
    let isOver = false
    let answering: Promise<unknown> = Promise.resolve()

    const ask = (more: { approval?: string; answered?: 'approved' | 'denied' }, deadlineMs?: number) =>
      daemonAt({ socket }).call(askApproval, {
        body: { ...base, ...more },
        ...(more.answered === undefined && { signal: control.signal }),
        deadlineMs,
      })

    const rulingOf = ({ outcome, reason, approval: id }: AskedShape): Ruling => {
      if (outcome === 'run') return { outcome: 'allow', reason }
      if (outcome === 'deny') return { outcome: 'deny', reason: `not approved: ${reason}` }
      if (id !== null && id !== approval && !isOver) waits(id)
      approval = id ?? undefined
      return { outcome: approval === undefined ? 'none' : 'wait' }
    }

    /** The daemon keeps the request over its restart, so it is asked for again until it is there. */
    const whenAway = async (error: unknown): Promise<Ruling> => {
      if (isOver || !isAway(error)) return whenFailed(error)
      const pause = Promise.withResolvers<void>()
      const stop = timers.after(PAUSE_MS, pause.resolve)
      await Promise.race([pause.promise, overNow.promise])
      stop()
      return { outcome: 'wait' }
    }

    const first = (async (): Promise<Ruling> => {
      const blocked = blockedBy(await deps.guard(), wanted, cwd)
      if (blocked !== undefined) return blocked
      if (input === undefined || isOver) return { outcome: 'none' }
      return ask({}, FIRST_MS).then(rulingOf, whenFailed)
    })()

    const decided = (async (): Promise<Ruling> => {
      let said = await first
      while (said.outcome === 'wait' && !isOver && approval !== undefined)
        said = await ask({ approval }).then(rulingOf, whenAway)
      return said
    })()

    return {
      first,
      decided,
      async answered(approve) {
        if (approval === undefined) return { outcome: 'none' }
        const answered = approve ? 'approved' : 'denied'
        const told = ask({ approval, answered })
        answering = told.catch(() => {})
        try {
          const { outcome, reason } = await told
          // Somebody was quicker: what they decided is what `decided` resolves with.
          if (outcome === 'wait') return { outcome }
          return outcome === 'run' ? { outcome: 'allow', reason } : { outcome, reason }
        } catch (error) {
          // Without a daemon it is as without Karo; what a daemon cannot write down does not count.
          return isAway(error) ? { outcome: 'none' } : { outcome: 'deny', reason: (error as Error).message }
        }
      },
      end() {
        isOver = true
        overNow.resolve()
        // The daemon withdraws the request that this connection waits for; an answer on its way comes first.
        void answering.then(() => control.abort())
      },
    }
  }
}

/** The judgement that no person is asked about; undefined: the guard lets it be asked. */
function blockedBy({ judge, strict }: AcpGuard, { command, input }: Wanted, cwd: string): Ruling | undefined {
  // What is no command is for a person to judge, who has to see all of it.
  if (command === undefined && input !== undefined) return undefined
  try {
    if (command === undefined || command.length > COMMAND_CHARS) throw new Error('it is too long')
    const { decision, risk_level, matches } = judge(command, cwd)
    if (decision !== 'block') return undefined
    const why = matches[0]?.why ?? 'it is not allowed by the rules of the guard.'
    return { outcome: 'deny', reason: `blocked (${risk_level} risk): ${why}` }
  } catch {
    return strict
      ? { outcome: 'deny', reason: 'it could not be judged, and guard.on_error is "block"' }
      : undefined
  }
}

const isAway = (error: unknown): boolean =>
  !(error instanceof KaroError) || ['not_running', 'unavailable', 'timeout', 'bad_file'].includes(error.code)

/** A full inbox denies; where nobody can be asked the editor's person decides. */
const whenFailed = (error: unknown): Ruling =>
  error instanceof KaroError && error.code === 'rate_limited'
    ? { outcome: 'deny', reason: error.message }
    : { outcome: 'none' }
