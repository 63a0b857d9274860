// One call of a tool's hook: read, judged by the owner's guard, answered, and what is to be kept of it.
import type { RiskVerdict } from '../risk/index.ts'
import { type Adapter, BadCall, type Reply, type ToolCall, type ToolShell } from './adapter.ts'
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

/** `text` is what the tool wrote on standard input; undefined when it could not be read, which `trouble` says. */
export function answerCall(
  adapter: Adapter,
  text: string | undefined,
  { judge, onError }: Judgement,
  trouble = 'its input could not be read',
): Answered {
  let call: ToolCall
  try {
    if (text === undefined) throw new BadCall(trouble)
    call = adapter.read(parse(text))
  } catch (error) {
    if (error instanceof BadCall) return unjudged(onError, error.message)
    throw error
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
