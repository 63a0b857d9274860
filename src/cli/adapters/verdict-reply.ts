// Turns the guard's verdict on a command, on a change of files or on what is read of them into the answer for an AI coding tool.
import type { RiskVerdict } from '../../assist/risk/index.ts'
import type { Adapter, Reply } from './adapter.ts'

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
export function replyTo(
  verdict: RiskVerdict,
  { asks }: Pick<Adapter, 'asks'>,
  what: keyof typeof INSTEAD = 'command',
): Reply {
  const { decision, risk_level } = verdict
  if (decision === 'allow') return { decision: 'none' }
  const because = `${whysOf(verdict)}${verdict.safer === undefined || what !== 'command' ? '' : ` Safer: \`${verdict.safer}\`.`}`
  if (decision === 'confirm' && asks) {
    return { decision: 'ask', reason: bounded(`Karo (${risk_level} risk): ${because}`) }
  }
  const reason =
    decision === 'block'
      ? `Karo blocked this ${what} (${risk_level} risk): ${because} Do not try to do the same with another ${what}; ask the person you work for.`
      : `Karo: this ${what} needs a person's consent (${risk_level} risk): ${because} Consent cannot be given here; ask the person to ${INSTEAD[what]}.`
  return { decision: 'deny', reason: bounded(reason) }
}

/** The answer if the guard cannot judge, by `guard.on_error`. `why` repeats nothing of the command. */
export function replyToFailure(onError: 'allow' | 'block', why: string): Reply {
  if (onError === 'allow') return { decision: 'none', unjudged: `not judged: ${why}` }
  return {
    decision: 'deny',
    reason: `Karo could not judge this command (${why}), and guard.on_error is "block".`,
  }
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
