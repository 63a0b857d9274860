// Handles one call of a tool's hook: reads it, lets the owner's guard judge it, answers in the tool's words, and makes records of it; of input that was cut off, what its beginning says.
import type { RiskVerdict } from '../../assist/risk/index.ts'
import { orElse } from '../../base/run/or-else.ts'
import { membersOf } from '../../base/shape/json-object.ts'
import { type Adapter, BadCall, type Reply, type ToolCall, type ToolShell } from './adapter.ts'
import { callOf, jsonOf } from './fields.ts'
import type { Entry } from './spool.ts'

/**
 * The value with every complete member and element. Objects and lists in which the text ends have the complete parts; a
 * text or number that may continue is left out. Undefined if the text does not begin as JSON.
 */
export function readBeginning(text: string): unknown {
  const closing: string[] = []
  let quoted = false
  /** The text up to here is JSON if all open objects and lists are closed. */
  let whole = 0
  for (let i = 0; i < text.length; i++) {
    const character = text[i]!
    if (quoted) {
      if (character === '\\') i++
      else quoted = character !== '"'
    } else if (character === '"') quoted = true
    else if (character === ',') whole = i
    else if (character in CLOSING) {
      closing.push(CLOSING[character as keyof typeof CLOSING])
      whole = i + 1
    } else if (character === closing.at(-1)) {
      closing.pop()
      whole = i + 1
      if (closing.length === 0) break
    }
  }
  return orElse(() => JSON.parse(text.slice(0, whole) + closing.reverse().join('')), undefined)
}

const CLOSING = { '{': '}', '[': ']' } as const

export interface Judgement {
  readonly onError: 'allow' | 'block'
  readonly judge: (
    command: string,
    where: { readonly shell: ToolShell; readonly cwd?: string },
  ) => RiskVerdict
}

/** A command that a person may confirm. */
export type Confirmable = Pick<ToolCall & { kind: 'before' }, 'command' | 'shell' | 'cwd'>

export interface Answered {
  readonly reply: Reply
  /** The command is about to run and needs a person's consent, which is no block. */
  readonly confirmable?: Confirmable
  /** For the spool, unless recording is paused. */
  readonly entries: readonly Entry[]
}

/** The word of a reply for what is judged. */
const NAMED = { before: 'command', edit: 'change', read: 'file' } as const

const NOTHING: Answered = { reply: { decision: 'none' }, entries: [] }

/** The whole standard input of a hook; or why it is incomplete, with nothing of the input in that, and its beginning, at most 1 MiB. */
export type HookInput = { readonly text: string } | { readonly trouble: string; readonly beginning: string }

export function answerCall(adapter: Adapter, input: HookInput, { judge, onError }: Judgement): Answered {
  let call: ToolCall
  try {
    if ('trouble' in input) throw new BadCall(input.trouble)
    call = adapter.read(callOf(jsonOf(input.text, 'its input is')))
  } catch (error) {
    if (!(error instanceof BadCall)) throw error
    const ran = readRan(adapter, 'trouble' in input ? input.beginning : input.text)
    if (ran === undefined) return refused(error.message)
    call = ran
  }
  if (call.kind === 'other') return NOTHING
  const { command, shell, cwd } = call
  if (command.trim() === '') return NOTHING
  let verdict: RiskVerdict
  try {
    verdict = judge(command, { shell, ...(cwd !== undefined && { cwd }) })
  } catch {
    if (call.kind === 'after') return { ...NOTHING, entries: [{ ran: call }] }
    return call.kind === 'read' ? NOTHING : unjudged(onError)
  }
  const { decision, risk_level } = verdict
  if (call.kind !== 'after') {
    const reply = replyTo(verdict, adapter.asks && call.asks !== false, NAMED[call.kind])
    return {
      reply,
      entries: reply.decision === 'deny' ? [{ note: { outcome: 'blocked', risk_level } }] : [],
      // The inbox could not show what is written or read.
      ...(decision === 'confirm' && call.kind === 'before' && { confirmable: call }),
    }
  }
  // The command ran although the guard wanted a confirmation, so a person has consented in the tool.
  const consented: readonly Entry[] =
    decision === 'confirm' ? [{ note: { outcome: 'confirmed', risk_level } }] : []
  return { reply: NOTHING.reply, entries: [...consented, { ran: call }] }
}

/** The command of an unreadable call, if the call tells of one that ran; else undefined. */
function readRan(adapter: Adapter, text: string): ToolCall | undefined {
  const members = membersOf(readBeginning(text))
  if (members === undefined || !adapter.ran(members)) return undefined
  try {
    const call = adapter.read(members)
    // The missing part tells how the command ended.
    return call.kind === 'after' ? { ...call, exitCode: null, durationMs: null } : { kind: 'other' }
  } catch (error) {
    if (error instanceof BadCall) return { kind: 'other' }
    throw error
  }
}

/** A call that is not in the tool's format could be anything, so it is refused whatever `guard.on_error` says. */
const refused = (why: string): Answered => ({
  reply: { decision: 'deny', reason: `Karo refuses this call, because it cannot be judged: ${why}.` },
  entries: [{ note: { outcome: 'blocked', risk_level: 'high' } }],
})

/** The guard cannot judge: the answer by `guard.on_error`. The risk is unknown, so it is noted as high and not as safe. */
const unjudged = (onError: Judgement['onError']): Answered => ({
  reply:
    onError === 'allow'
      ? { decision: 'none', unjudged: 'not judged: the check failed' }
      : {
          decision: 'deny',
          reason: 'Karo could not judge this command (the check failed), and guard.on_error is "block".',
        },
  entries: [{ note: { outcome: 'unjudged', risk_level: 'high' } }],
})

/** Most characters of a reason, which a model reads, and a person in a dialogue. */
const MOST_REASON = 1_500
const MOST_WHYS = 3

/** What the person may do in the place of the tool. */
const INSTEAD = {
  command: 'run the command in their own terminal',
  change: 'make the change themselves',
  file: 'say what is needed of it',
} as const

/**
 * A verdict `allow` becomes no opinion, because it would skip the tool's own question. A command that needs a confirmation
 * is denied if the tool cannot ask a person.
 */
function replyTo(verdict: RiskVerdict, asks: boolean, what: keyof typeof INSTEAD): Reply {
  const { decision, risk_level } = verdict
  if (decision === 'allow') return { decision: 'none' }
  const because = `${whysOf(verdict)}${verdict.safer === undefined || what !== 'command' ? '' : ` Safer: \`${verdict.safer}\`.`}`
  if (decision === 'confirm' && asks)
    return { decision: 'ask', reason: bounded(`Karo (${risk_level} risk): ${because}`) }
  const reason =
    decision === 'block'
      ? `Karo blocked this ${what} (${risk_level} risk): ${because} Do not try to do the same with another ${what}; ask the person you work for.`
      : `Karo: this ${what} needs a person's consent (${risk_level} risk): ${because} Consent cannot be given here; ask the person to ${INSTEAD[what]}.`
  return { decision: 'deny', reason: bounded(reason) }
}

/** The reply to a tool after a person, or the gates of agents, denied its command. */
export const reasonOf = (why: string): string =>
  bounded(`Karo: this command was not approved: ${why}. Do not try to do the same with another command.`)

function whysOf({ matches }: RiskVerdict): string {
  const whys = [...new Set(matches.map(({ why }) => why))]
  const shown = whys.slice(0, MOST_WHYS).map((why) => (/[.!?]$/.test(why) ? why : `${why}.`))
  return shown.length > 0 ? shown.join(' ') : 'it is not allowed by the guard’s rules.'
}

const bounded = (text: string): string =>
  text.length > MOST_REASON ? `${text.slice(0, MOST_REASON - 1)}…` : text
