// The check of one's own tokens for the API: which of them end soon.
import type { DaemonFacts } from '../../../api/contract/shapes.ts'
import { DAY_MS } from '../../../base/calendar.ts'
import { type Finding, ok, warn } from '../result.ts'
import { quote } from '../shell-words.ts'

export function judgeTokens(
  tokens: NonNullable<DaemonFacts['tokens_ending']>,
  now: number,
  homeFlag: string,
): readonly Finding[] {
  if (tokens.length === 0) return [ok('no token of yours ends within two weeks')]
  return tokens.map(({ name, scope, expires_at }) => {
    const days = Math.floor((Date.parse(expires_at) - now) / DAY_MS)
    const left = days < 1 ? 'in less than a day' : days === 1 ? 'in one day' : `in ${days} days`
    return warn(
      `your token ${name} (${scope}) ends ${left}, at ${expires_at}`,
      `karo token create --scope ${scope} --name ${quote(`${name}-new`)} --ttl 366d${homeFlag}\nkaro token revoke ${quote(name)}${homeFlag}`,
    )
  })
}
