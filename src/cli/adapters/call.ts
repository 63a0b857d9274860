// One call of a tool's hook: read, judged by the owner's guard, answered, and what is to be kept of it.
import type { RiskVerdict } from '../../assist/risk/index.ts'
import { type Adapter, BadCall, type Reply, type ToolCall, type ToolShell } from './adapter.ts'
import { readBeginning } from './beginning.ts'
import { membersOf } from './fields.ts'
import type { Entry } from './spool.ts'
import { replyTo, replyToFailure } from './verdict-reply.ts'

export interface Judgement {
  readonly onError: 'allow' | 'block'
  readonly judge: (
    command: string,
    where: { readonly shell: ToolShell; readonly cwd?: string },
  ) => RiskVerdict
}

export interface Answered {
  readonly reply: Reply
  /** For the spool, unless recording is paused. */
  readonly entries: readonly Entry[]
}

const NOTHING: Answered = { reply: { decision: 'none' }, entries: [] }

/** Of an input that did not come whole. */
export interface Broken {
  /** Why; nothing of what came. */
  readonly trouble?: string
  /** What came of it. */
  readonly beginning?: string
}

/** `text` is what the tool wrote on standard input; undefined when it did not come whole. */
export function answerCall(
  adapter: Adapter,
  text: string | undefined,
  { judge, onError }: Judgement,
  { trouble = 'its input could not be read', beginning = '' }: Broken = {},
): Answered {
  let call: ToolCall
  try {
    if (text === undefined) throw new BadCall(trouble)
    call = adapter.read(parse(text))
  } catch (error) {
    if (!(error instanceof BadCall)) throw error
    const ran = readRan(adapter, text ?? beginning)
    if (ran === undefined) return unjudged(onError, error.message)
    call = ran
  }
  if (call.kind === 'other') return NOTHING
  const { command, kind, shell, cwd } = call
  if (command.trim() === '') return NOTHING
  let verdict: RiskVerdict
  try {
    verdict = judge(command, { shell, ...(cwd !== undefined && { cwd }) })
  } catch {
    return kind === 'before'
      ? unjudged(onError, 'the check failed')
      : { ...NOTHING, entries: [{ ran: call }] }
  }
  const { decision, risk_level } = verdict
  if (kind === 'before') {
    const reply = replyTo(verdict, adapter)
    return { reply, entries: reply.decision === 'deny' ? [{ note: { outcome: 'blocked', risk_level } }] : [] }
  }
  // It ran although the guard had asked: so somebody has consented in the tool.
  const consented: readonly Entry[] =
    decision === 'confirm' ? [{ note: { outcome: 'confirmed', risk_level } }] : []
  return { reply: NOTHING.reply, entries: [...consented, { ran: call }] }
}

/** What there is to keep of a call that is not to be read, where it tells of what ran; undefined where it may not. */
function readRan(adapter: Adapter, text: string): ToolCall | undefined {
  const members = membersOf(readBeginning(text))
  if (members === undefined || !adapter.ran(members)) return undefined
  try {
    const call = adapter.read(members)
    // How it ended stands in what is missing.
    return call.kind === 'after' ? { ...call, exitCode: null, durationMs: null } : { kind: 'other' }
  } catch (error) {
    if (error instanceof BadCall) return { kind: 'other' }
    throw error
  }
}

function unjudged(onError: Judgement['onError'], why: string): Answered {
  // How risky it was is not known; nothing is called safe for that.
  return {
    reply: replyToFailure(onError, why),
    entries: [{ note: { outcome: 'unjudged', risk_level: 'high' } }],
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Not its message: that repeats the text.
    throw new BadCall('its input is not JSON')
  }
}
