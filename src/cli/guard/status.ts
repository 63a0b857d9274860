// What is in force of the guard, for a person: profile, files, and what it did lately if the daemon can say.
import { getStats } from '../../api/contract/operations/stats.ts'
import { type Guard, loadGuard } from '../../assist/guard/index.ts'
import { decide } from '../../assist/risk/decide.ts'
import { RISK_LEVELS } from '../../assist/risk/index.ts'
import { type CommandIo, KaroError, printable, printJson, say, sayWarnings } from '../kit.ts'
import { numbered } from './rules.ts'

export async function showGuard(io: CommandIo): Promise<undefined> {
  const guard = loadGuard(io)
  const lately = await didLately(io)
  const rules = numbered(guard)
  if (io.json) {
    const { profile, source, onError: on_error, timeoutMs: timeout_ms, files, warnings } = guard
    const last_7_days = lately ?? null
    return printJson(io, { profile, source, on_error, timeout_ms, files, rules, warnings, last_7_days })
  }
  const lines = [
    `profile    ${guard.profile} (${guard.source}): ${effectOf(guard)}`,
    `on error   when Karo fails, or does not answer within ${guard.timeoutMs} ms, a command ${guard.onError === 'allow' ? 'runs, with a warning' : 'does not run'}`,
    ...guard.files.flatMap(({ path, whose, unread }) => {
      const count = rules.filter(({ where }) => where.startsWith(`${path}:`)).length
      // Only in a fleet, and only with rules of it.
      if (path.endsWith('/fleet-guard.toml') && count === 0 && !unread) return []
      const what = unread
        ? 'not read'
        : count === 0
          ? 'no rules'
          : `${count} ${count === 1 ? 'rule' : 'rules'} (karo guard list)`
      return `${whose === 'own' ? 'your rules' : "machine's "} ${printable(path)}: ${what}`
    }),
    ...(lately
      ? [
          `last week  ${lately.blocked} blocked, ${lately.confirmed} confirmed, ${lately.declined} declined, ${lately.unjudged} unjudged`,
        ]
      : []),
  ]
  sayWarnings(io, guard.warnings)
  say(io, `${lines.join('\n')}\n`)
}

/** What the profile does, in words: `blocks critical, asks about high`. */
export function effectOf({ profile }: Guard): string {
  const levels = (decision: string): string =>
    RISK_LEVELS.filter((level) => decide(profile, level, 0) === decision).join(' and ')
  const parts = [
    levels('block') && `blocks ${levels('block')}`,
    levels('confirm') && `asks about ${levels('confirm')}`,
  ].filter(Boolean)
  return parts.join(', ') || 'allows everything'
}

/** Undefined where no daemon can say. */
async function didLately(io: CommandIo) {
  try {
    return (await io.call(getStats, { query: { period: 'week' } })).guard
  } catch (error) {
    if (error instanceof KaroError) return undefined
    throw error
  }
}
