// Asks the guard and the approvals inbox about what an ACP agent wants to do.
import { daemonAt } from '../../api/contract/client/socket.ts'
import { APPROVAL_INPUT_CHARS } from '../../api/contract/constants.ts'
import { askApproval } from '../../api/contract/operations/agents/approvals.ts'
import type { AskedShape } from '../../api/contract/shapes.ts'
import type { RiskVerdict } from '../../assist/risk/index.ts'
import { KaroError } from '../../base/errors.ts'
import type { Wanted } from './calls.ts'
import type { Inquiry, Ruling } from './proxy.ts'

/** Milliseconds that the daemon has to say something at first; without it the editor's person decides alone. */
const FIRST_MS = 5_000
const WHY_CHARS = 500
const COMMAND_CHARS = 100_000

interface InquiryDeps {
  /** Path of the daemon's socket. */
  readonly socket: string
  /** The agent's name in the inbox. */
  readonly tool: string
  /** The agent's own command, which is shown for what is no command itself. */
  readonly command: readonly string[]
  /** Absolute; where the agent was started. */
  readonly cwd: string
  /** The guard of the person. Throws where it cannot judge. */
  readonly judge: (command: string, cwd: string) => RiskVerdict
  /** `guard.on_error`: what cannot be judged is denied. */
  readonly strict: boolean
  /** A request waits, under this id. */
  readonly waits: (approval: string) => void
}

export function createInquiries(deps: InquiryDeps): (wanted: Wanted) => Inquiry {
  const { socket, tool, command, waits } = deps
  return (wanted) => {
    const { action, argv, input, title } = wanted
    const cwd = wanted.cwd ?? deps.cwd
    const control = new AbortController()
    const call = { action, argv: [...(argv ?? command)], input }
    const base = { tool, cwd, why: title.slice(0, WHY_CHARS).toWellFormed(), call }
    let approval: string | undefined
    let isOver = false
    let answering: Promise<unknown> = Promise.resolve()

    const ask = (more: { approval?: string; answered?: 'approved' | 'denied' }, deadlineMs?: number) =>
      daemonAt({ socket }).call(askApproval, {
        body: { ...base, ...more },
        ...(more.answered === undefined && { signal: control.signal }),
        ...(deadlineMs !== undefined && { deadlineMs }),
      })

    const rulingOf = ({ outcome, reason, approval: id }: AskedShape): Ruling => {
      if (outcome === 'run') return { outcome: 'allow', reason }
      if (outcome === 'deny') return { outcome: 'deny', reason: `karo: not approved: ${reason}` }
      approval = id ?? undefined
      return { outcome: approval === undefined ? 'none' : 'wait' }
    }

    const first = (async (): Promise<Ruling> => {
      const blocked = wanted.command === undefined ? undefined : blockedBy(deps, wanted.command, cwd)
      if (blocked !== undefined) return blocked
      if (input.length > APPROVAL_INPUT_CHARS) return { outcome: 'none' }
      const said = await ask({}, FIRST_MS).then(rulingOf, whenFailed)
      if (approval !== undefined && !isOver) waits(approval)
      return said
    })()

    const decided = (async (): Promise<Ruling> => {
      let said = await first
      while (said.outcome === 'wait' && !isOver && approval !== undefined)
        said = await ask({ approval }).then(rulingOf, whenFailed)
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
          return rulingOf(await told)
        } catch (error) {
          // Without a daemon it is as without Karo; what a daemon cannot write down does not count.
          return isAway(error) ? { outcome: 'none' } : { outcome: 'deny', reason: (error as Error).message }
        }
      },
      end() {
        isOver = true
        // The daemon withdraws the request that this connection waits for; an answer on its way comes first.
        void answering.then(() => control.abort())
      },
    }
  }
}

/** The judgement that no person is asked about; undefined: the guard lets it be asked. */
function blockedBy(
  { judge, strict }: Pick<InquiryDeps, 'judge' | 'strict'>,
  command: string,
  cwd: string,
): Ruling | undefined {
  try {
    if (command.length > COMMAND_CHARS) throw new Error('it is too long')
    const { decision, risk_level, matches } = judge(command, cwd)
    if (decision !== 'block') return undefined
    const why = matches[0]?.why ?? 'it is not allowed by the rules of the guard.'
    return { outcome: 'deny', reason: `karo: blocked (${risk_level} risk): ${why}` }
  } catch {
    return strict
      ? { outcome: 'deny', reason: 'karo: it could not be judged, and guard.on_error is "block"' }
      : undefined
  }
}

const isAway = (error: unknown): boolean =>
  !(error instanceof KaroError) || ['not_running', 'unavailable', 'timeout', 'bad_file'].includes(error.code)

/** A full inbox denies; where nobody can be asked the editor's person decides. */
const whenFailed = (error: unknown): Ruling =>
  error instanceof KaroError && error.code === 'rate_limited'
    ? { outcome: 'deny', reason: `karo: ${error.message}` }
    : { outcome: 'none' }
